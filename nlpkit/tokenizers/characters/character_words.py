"""Word indices of characters."""


def word_indices(text: str) -> list[int]:
    """The index of each character's word; whitespace belongs to the following word."""
    indices: list[int] = []
    word = 0
    in_space = True
    for character in text:
        is_space = character.isspace()
        word += is_space and not in_space
        in_space = is_space
        indices.append(word)
    return indices
