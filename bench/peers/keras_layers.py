"""Keras as a peer, on the backend named by KERAS_BACKEND (jax or tensorflow).

Keras' own layers and Adam in one compiled step; train_on_batch would add its bookkeeping and leave
out the gradient of the input.
"""

import os

from protocol import (BETA1, BETA2, EPSILON, LEARNING_RATE, Unsupported, absent, fastest,
                    half_square, input_of, serve, weights_of)

BACKEND = os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import keras
    import numpy
    if BACKEND == "jax":
        import jax
    else:
        import tensorflow
except ImportError as error:
    absent(error.name)

# Keras orders the gates i f c o and z r h; weights_of has i f g o and r z n.
ORDER = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "rnn": (0,)}
LAYERS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


def keras_weights(case, weights):
    def reordered(value):
        gates = numpy.split(value, case.gates)
        return numpy.concatenate([gates[gate] for gate in ORDER[case.cell]])

    W, U, b, d = (reordered(value) for value in weights)
    return [W.T, U.T, numpy.stack([b, d]) if case.cell == "gru" else b + d]


def model_of(case):
    """Batch first, as Keras demands."""
    x = keras.Input((case.steps, case.input_size), batch_size=case.batch)
    layers = [LAYERS[case.cell](case.hidden_size, return_sequences=True)
              for _ in range(case.layers)]
    y = x
    for layer in layers:
        y = layer(y)
    for layer, weights in zip(layers, weights_of(case)):
        layer.set_weights(keras_weights(case, weights))
    return keras.Model(x, y)


def optimizer_of():
    return keras.optimizers.Adam(LEARNING_RATE, BETA1, BETA2, EPSILON)


def batch_first(case):
    return numpy.ascontiguousarray(input_of(case).swapaxes(0, 1))


def jax_training_step(case):
    model, optimizer = model_of(case), optimizer_of()
    optimizer.build(model.trainable_variables)
    fixed = [variable.value for variable in model.non_trainable_variables]

    def step(state, x):
        weights, moments = state

        def forward(weights, x):
            return model.stateless_call(weights, fixed, x, training=True)[0]

        y, pull_back = jax.vjp(forward, weights, x)
        gradients, dx = pull_back(y)
        return optimizer.stateless_apply(moments, gradients, weights), y, dx

    compiled = jax.jit(step, donate_argnums=0)
    x = jax.numpy.asarray(batch_first(case))
    state = ([v.value for v in model.trainable_variables], [v.value for v in optimizer.variables])

    def call():
        nonlocal state
        state, y, dx = compiled(state, x)
        return jax.block_until_ready((y, dx))

    return call


def jax_inference(case):
    model = model_of(case)
    fixed = [variable.value for variable in model.non_trainable_variables]
    weights = [variable.value for variable in model.trainable_variables]
    forward = jax.jit(lambda weights, x: model.stateless_call(weights, fixed, x)[0])
    x = jax.numpy.asarray(batch_first(case))
    return lambda: forward(weights, x).block_until_ready()


def tensorflow_training_step(case, jit_compile):
    model, optimizer = model_of(case), optimizer_of()
    optimizer.build(model.trainable_variables)
    x = tensorflow.constant(batch_first(case))

    @tensorflow.function(jit_compile=jit_compile)
    def step(x):
        with tensorflow.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=True)
        *gradients, dx = tape.gradient(y, [*model.trainable_variables, x], output_gradients=y)
        optimizer.apply(gradients, model.trainable_variables)
        return y, dx

    def call():
        return [value.numpy() for value in step(x)]  # waits; on the CPU it does not copy

    return call


def tensorflow_inference(case, jit_compile):
    model = model_of(case)
    forward = tensorflow.function(lambda x: model(x, training=False), jit_compile=jit_compile)
    x = tensorflow.constant(batch_first(case))
    return lambda: forward(x).numpy()


def candidates(case):
    """The forms to try: TensorFlow with and without XLA."""
    if BACKEND == "jax":
        return {"jit": {"train": jax_training_step, "infer": jax_inference}[case.mode](case)}
    make = {"train": tensorflow_training_step, "infer": tensorflow_inference}[case.mode]
    return {"graph": make(case, False), "XLA": make(case, True)}


def prepare(case):
    if case.mode not in ("train", "infer"):
        raise Unsupported(case.mode)
    keras.backend.clear_session()
    return fastest(candidates(case))


def probe(case):
    results = []
    for call in candidates(case).values():
        if case.mode == "infer":
            results.append([half_square(call())])
            continue
        y, dx = (numpy.asarray(value, numpy.float64) for value in call())
        results.append([half_square(y), (dx**2).sum(), half_square(call()[0])])
    for result in results:
        assert numpy.allclose(result, results[0], rtol=1e-3), results
    return results[0]


if __name__ == "__main__":
    if BACKEND == "tensorflow":
        count = int(os.environ.get("OMP_NUM_THREADS", "1"))
        tensorflow.config.threading.set_intra_op_parallelism_threads(count)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    version = jax.__version__ if BACKEND == "jax" else tensorflow.__version__
    serve(f"Keras-on-{BACKEND}", f"{keras.__version__}/{version}", prepare, probe)
