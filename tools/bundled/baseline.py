"""What a model must beat: logistic regression on words and pairs of words."""

from collections.abc import Callable

import numpy as np


def fit_bag_of_bigrams(texts: list[str], labels: np.ndarray) -> Callable[[list[str]], np.ndarray]:
    """Fit it; the result maps texts to margins, above 0 for label 1.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("The baseline needs: pip install scikit-learn") from error
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, token_pattern=r"\b\w[\w']*\b"
    )
    model = LogisticRegression(C=10, max_iter=300).fit(vectorizer.fit_transform(texts), labels)
    return lambda others: model.decision_function(vectorizer.transform(others))
