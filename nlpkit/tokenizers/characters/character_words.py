"""The words that the characters of a text belong to."""


def word_indices(text: str) -> list[int]:
    """For each character the index of its word; white space begins the word that follows it."""
    indices: list[int] = []
    word = 0
    in_space = True
    for character in text:
        is_space = character.isspace()
        word += is_space and not in_space
        in_space = is_space
        indices.append(word)
    return indices
