"""A training loop of one's own, in PyTorch."""

import torch


def train(classifier, texts, labels, epochs, learning_rate):
    """Losses of each epoch, by an optimizer and a loader of PyTorch's."""
    loader = torch.utils.data.DataLoader(
        list(zip(texts, labels, strict=True)), batch_size=2, collate_fn=collate(classifier)
    )
    parameters = [p for p in classifier.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=learning_rate)
    loss_of = torch.nn.CrossEntropyLoss()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for features, wanted in loader:
            optimizer.zero_grad()
            loss = loss_of(classifier(features, training=True), wanted)
            loss.backward()
            optimizer.step()
            total += loss.item() / len(loader)
        losses.append(total)
    return losses


def collate(classifier):
    def pack(rows):
        texts, labels = zip(*rows, strict=True)
        features = classifier.preprocessor(list(texts))
        return {name: torch.as_tensor(x) for name, x in features.items()}, torch.tensor(labels)

    return pack
