"""A training loop of one's own, in JAX."""

import jax
import keras


def train(classifier, texts, labels, epochs, learning_rate):
    """Losses of each epoch, by `stateless_call` in a compiled step."""
    optimizer = keras.optimizers.SGD(learning_rate)
    optimizer.build(classifier.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def loss_and_rest(trainable, others, features, wanted):
        logits, others = classifier.stateless_call(trainable, others, features, training=True)
        return loss_of(wanted, logits), others

    gradients_of = jax.value_and_grad(loss_and_rest, has_aux=True)

    @jax.jit
    def step(state, features, wanted):
        trainable, others, slots = state
        (loss, others), gradients = gradients_of(trainable, others, features, wanted)
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
        return loss, (trainable, others, slots)

    variables = (
        classifier.trainable_variables,
        classifier.non_trainable_variables,
        optimizer.variables,
    )
    state = tuple([variable.value for variable in group] for group in variables)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for i in range(0, len(texts), 2):
            features = classifier.preprocessor(texts[i : i + 2])
            loss, state = step(state, features, labels[i : i + 2])
            total += float(loss) / (len(texts) // 2)
        losses.append(total)
    for group, values in zip(variables, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)
    return losses
