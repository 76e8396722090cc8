"""MaskedLM: masked language models."""

from typing import Any, ClassVar

import keras
import numpy as np

from nlpkit._warning import warn
from nlpkit.backbones.backbone import Backbone
from nlpkit.layers.modeling.masked_lm_head import MaskedLMHead
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tasks.results.masked_text import MaskedText, check_fill
from nlpkit.tasks.shared.token_loss import TokenLoss
from nlpkit.tasks.task import Task


class MaskedLM(TokenLoss, Task):
    """Predict the tokens at masked positions: pretraining of encoders (Devlin et al., 2018).

    The output projection is the transposed token embedding, unless the backbone's `masked_lm_head`
    says that it has a matrix of its own. The preprocessor masks raw strings and
    makes labels and weights. It compiles itself with Adam (5e-5), sparse categorical cross-entropy
    and accuracy, both weighted. `MaskedLM.from_preset` finds the family of a preset.

    Args:
        backbone: `Backbone`, an encoder.
        preprocessor: `MaskedLMPreprocessor`; None if the input is preprocessed already.
        head_activation: str. The activation of the head's dense layer; None for the one that the
            family has, which is the backbone's in BERT. Families without that layer take None
            alone.
        head_layer_norm_epsilon: float. The epsilon of the head's normalization; None likewise.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs and `mask_positions`, int `[batch, masks]`.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, masks, vocabulary_size]`, logits.

    Raises:
        ValueError: the backbone or the preprocessor is of another family; `head_activation` or
            `head_layer_norm_epsilon` is given for a head without a dense layer.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "film"]
        >>> masked_lm = nlpkit.models.BertMaskedLM(
        ...     backbone=nlpkit.models.BertBackbone(
        ...         vocabulary_size=8, num_layers=1, num_heads=2, hidden_dim=4, intermediate_dim=8
        ...     ),
        ...     preprocessor=nlpkit.models.BertMaskedLMPreprocessor(
        ...         nlpkit.models.BertTokenizer(vocabulary), sequence_length=6
        ...     ),
        ... )
        >>> history = masked_lm.fit(["a good film", "good"], verbose=0)
        >>> sorted(history.history)
        ['accuracy', 'loss']
    """

    per_token = True
    preprocessor_class: ClassVar[type[Preprocessor] | None] = MaskedLMPreprocessor

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        head_activation: str | None = None,
        head_layer_norm_epsilon: float | None = None,
        **kwargs: Any,
    ) -> None:
        inputs = {
            **backbone.input,
            "mask_positions": keras.Input((None,), dtype="int32", name="mask_positions"),
        }
        features = backbone(backbone.input)
        hidden = features["sequence_output"] if isinstance(features, dict) else features
        outputs = _head(backbone, head_activation, head_layer_norm_epsilon)(
            hidden, inputs["mask_positions"]
        )
        super().__init__(inputs, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs)
        self.head_activation = head_activation
        self.head_layer_norm_epsilon = head_layer_norm_epsilon
        self._compile_itself()

    def fill(self, text: str, top_k: int = 5) -> Any:
        """Find the most probable tokens for the masks of a text.

        Args:
            text: str, with the tokenizer's mask token (such as "[MASK]") in one place or several.
            top_k: int. The number of tokens for each mask. Default 5.

        Returns:
            list of `FilledMask` (token, token_id, score, text), the most probable first; of a text
            with several masks a list of these lists, each mask filled for itself.

        Raises:
            TypeError: the text is no string.
            ValueError: it has no mask, or is too long for the model; `top_k` is not from 1 to the
                size of the vocabulary; there is no preprocessor.
        """
        check_fill(self.preprocessor, top_k, self.outputs[0].shape[-1])
        masked = MaskedText(text, self.preprocessor)
        logits = super(Task, self).predict_on_batch(masked.features)[0]
        filled = masked.fill(np.asarray(logits, "float32"), top_k)
        return filled[0] if len(filled) == 1 else filled

    def hf_head_config(self) -> dict[str, Any]:
        """Return nothing: Hugging Face's head is like its backbone; warn if this one is not."""
        usual = self.backbone.masked_lm_head
        if usual.norm is None:
            return {}
        unlike = {
            name: given
            for name, given, value in (
                ("activation", self.head_activation, usual.activation),
                ("layer_norm_epsilon", self.head_layer_norm_epsilon, usual.norm.epsilon),
            )
            if given not in (None, value)
        }
        if unlike:
            warn(
                f"The head of this {type(self).__name__} has {unlike}, unlike its family's. nlpkit "
                "restores that; transformers, which cannot, predicts slightly different values.",
            )
        return {}


def _head(backbone: Backbone, activation: str | None, epsilon: float | None) -> MaskedLMHead:
    head = backbone.masked_lm_head
    options: dict[str, Any] = {"transform": False}
    if head.norm is not None:
        options = {
            "intermediate_activation": activation or head.activation,
            "layer_norm_epsilon": head.norm.epsilon if epsilon is None else epsilon,
            "use_bias": head.use_bias,
            "norm_bias": head.norm.bias,
        }
    elif (activation, epsilon) != (None, None):
        raise ValueError(
            "head_activation and head_layer_norm_epsilon are of a dense layer before the "
            f"projection, and the head of {type(backbone).__name__} has none; got "
            f"head_activation={activation!r}, head_layer_norm_epsilon={epsilon}. Omit them."
        )
    return MaskedLMHead(
        vocabulary_size=backbone.token_embedding.input_dim,
        token_embedding=backbone.token_embedding if head.tied else None,
        use_output_bias=head.output_bias,
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
        dtype=backbone.dtype_policy,
        name="masked_lm_head",
        **options,
    )
