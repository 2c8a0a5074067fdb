"""JAX as a peer: a jitted lax.scan in several forms, of which the fastest is measured.

The input products stand in the scan or before it as one product; the derivative is JAX's own or a
backward scan written by hand, whose weight gradients are one product over all steps; the scan is
unrolled or not. With JAX_FORMS=plain in the environment only what a first program would be: JAX's own
derivative of a scan that is not unrolled.
"""

import functools
import os

from protocol import (BETA1, BETA2, EPSILON, LEARNING_RATE, Unsupported, absent, fastest,
                    half_square, input_of, serve, weights_of)

PLAIN = os.environ.get("JAX_FORMS") == "plain"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
try:
    import jax
    from jax import numpy as jnp
except ImportError as error:
    absent(error.name)


def lstm_forward(wx, uh, state):
    """New state (h, c) and what backward needs; wx and uh are [B, 4H] in the order i f g o."""
    z = wx + uh
    i, f, g, o = jnp.split(z, 4, axis=-1)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
    c = f * state[1] + i * g
    squashed = jnp.tanh(c)
    return (o * squashed, c), (i, f, g, o, squashed, state[1])


def lstm_backward(saved, dstate):
    """Gradients of wx, of uh, and of the old state except through uh."""
    i, f, g, o, squashed, old_c = saved
    dh, dc = dstate
    dc = dc + dh * o * (1 - squashed * squashed)
    dz = jnp.concatenate([dc * g * i * (1 - i), dc * old_c * f * (1 - f), dc * i * (1 - g * g),
                          dh * squashed * o * (1 - o)], axis=-1)
    return dz, dz, (jnp.zeros_like(dh), dc * f)


def gru_forward(wx, uh, state):
    """Reset after; the order is r z n."""
    (wr, wz, wn), (ur, uz, un) = jnp.split(wx, 3, axis=-1), jnp.split(uh, 3, axis=-1)
    r, z = jax.nn.sigmoid(wr + ur), jax.nn.sigmoid(wz + uz)
    n = jnp.tanh(wn + r * un)
    return (n + z * (state[0] - n),), (r, z, n, un, state[0])


def gru_backward(saved, dstate):
    r, z, n, un, old_h = saved
    (dh,) = dstate
    dn = dh * (1 - z) * (1 - n * n)
    dr, dz = dn * un * r * (1 - r), dh * (old_h - n) * z * (1 - z)
    return (jnp.concatenate([dr, dz, dn], axis=-1), jnp.concatenate([dr, dz, dn * r], axis=-1),
            (dh * z,))


def rnn_forward(wx, uh, state):
    h = jnp.tanh(wx + uh)
    return (h,), (h,)


def rnn_backward(saved, dstate):
    dz = dstate[0] * (1 - saved[0] * saved[0])
    return dz, dz, (jnp.zeros_like(dz),)


CELLS = {"lstm": (lstm_forward, lstm_backward, 2), "gru": (gru_forward, gru_backward, 1),
         "rnn": (rnn_forward, rnn_backward, 1)}


def layer_derived(cell, unroll, hoisted, weights, x):
    """x [T, B, I] → h of all steps [T, B, H]."""
    W, U, b, d = weights
    forward, _, states = CELLS[cell]

    def step(state, inputs):
        wx = inputs if hoisted else inputs @ W + b
        new, _ = forward(wx, state[0] @ U + d, state)
        return new, new[0]

    initial = (jnp.zeros((x.shape[1], U.shape[0]), x.dtype),) * states
    return jax.lax.scan(step, initial, x @ W + b if hoisted else x, unroll=unroll)[1]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def layer_by_hand(cell, unroll, hoisted, weights, x):
    return layer_derived(cell, unroll, hoisted, weights, x)


def layer_forward(cell, unroll, hoisted, weights, x):
    W, U, b, d = weights
    forward, _, states = CELLS[cell]

    def step(state, inputs):
        wx = inputs if hoisted else inputs @ W + b
        new, saved = forward(wx, state[0] @ U + d, state)
        return new, (new[0], saved)

    initial = (jnp.zeros((x.shape[1], U.shape[0]), x.dtype),) * states
    h, saved = jax.lax.scan(step, initial, x @ W + b if hoisted else x, unroll=unroll)[1]
    return h, (weights, x, h, saved)


def layer_backward(cell, unroll, hoisted, kept, dy):
    (W, U, b, d), x, h, saved = kept
    _, backward, states = CELLS[cell]

    def step(dstate, inputs):
        dy_t, saved_t = inputs
        dwx, duh, before = backward(saved_t, (dstate[0] + dy_t, *dstate[1:]))
        return (before[0] + duh @ U.T, *before[1:]), (dwx, duh)

    initial = (jnp.zeros_like(dy[0]),) * states
    _, (dwx, duh) = jax.lax.scan(step, initial, (dy, saved), reverse=True, unroll=unroll)
    old_h = jnp.concatenate([jnp.zeros_like(h[:1]), h[:-1]])
    gradients = (jnp.einsum("tbi,tbg->ig", x, dwx), jnp.einsum("tbh,tbg->hg", old_h, duh),
                 dwx.sum((0, 1)), duh.sum((0, 1)))
    return gradients, dwx @ W.T


layer_by_hand.defvjp(layer_forward, layer_backward)


def stack(layer, parameters, x):
    for weights in parameters:
        x = layer(weights, x)
    return x


def adam(parameters, gradients, moments, count):
    """One update; returns parameters and moments."""
    first, second = moments
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradients)
    one, two = 1 - BETA1**count, 1 - BETA2**count
    updated = jax.tree.map(
        lambda p, m, v: p - LEARNING_RATE * (m / one) / (jnp.sqrt(v / two) + EPSILON),
        parameters, first, second)
    return updated, (first, second)


def parameters_of(case):
    """The recurrent matrices stand transposed, [inputs, gates·H]."""
    return [tuple(jnp.asarray(value.T) for value in weights) for weights in weights_of(case)]


def training_step(case, layer):
    """Forward, BPTT with dL/dy = y, all weight gradients, dX, Adam: one jitted function."""
    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters, moments, count, x):
        y, pull_back = jax.vjp(functools.partial(stack, layer), parameters, x)
        gradients, dx = pull_back(y)
        return *adam(parameters, gradients, moments, count), count + 1, y, dx

    x = jnp.asarray(input_of(case))
    parameters = parameters_of(case)
    zeros = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
    state = [parameters, tuple(zeros), jnp.float32(1)]

    def call():
        *state[:], y, dx = step(*state, x)
        return jax.block_until_ready((y, dx))

    return call


def layers_of(case):
    """The forms to try; few steps are unrolled whole."""
    forms = {}
    for unroll, word in ((1, ""), (case.steps if case.steps <= 8 else 4, ", unrolled")):
        for hoisted, place in ((True, ""), (False, ", in the scan")):
            for name, layer in (("derived", layer_derived), ("by hand", layer_by_hand)):
                if PLAIN and (unroll > 1 or name == "by hand"):
                    continue
                forms[name + place + word] = functools.partial(layer, case.cell, unroll, hoisted)
    return forms


def inference(case, layer):
    forward = jax.jit(functools.partial(stack, layer))
    x, parameters = jnp.asarray(input_of(case)), parameters_of(case)
    return lambda: forward(parameters, x).block_until_ready()


def streaming(case):
    """One jitted step of one series, the state kept from call to call."""
    forward, _, states = CELLS[case.cell]
    ((W, U, b, d),) = parameters_of(case)
    x = jnp.asarray(input_of(case))[0]
    step = jax.jit(lambda x, state: forward(x @ W + b, state[0] @ U + d, state)[0])
    state = (jnp.zeros((case.batch, case.hidden_size)),) * states

    def call():
        nonlocal state
        state = jax.block_until_ready(step(x, state))

    return call


def prepare(case):
    layers = layers_of(case)
    if case.mode == "train":
        return fastest({name: training_step(case, layer) for name, layer in layers.items()})
    if case.mode == "infer":
        return fastest({name: inference(case, layer) for name, layer in layers.items()
                        if name.startswith("derived")})
    if case.mode == "stream":
        return streaming(case)
    raise Unsupported(case.mode)


def probe(case):
    """The forms must agree before one is timed."""
    if case.mode == "infer":
        return (half_square(inference(case, layers_of(case)["derived, in the scan"])()),)
    results = []
    for name in ("derived",) if PLAIN else ("derived", "by hand", "by hand, in the scan"):
        call = training_step(case, layers_of(case)[name])
        y, dx = call()
        after, _ = call()
        results.append([half_square(y), 2 * half_square(dx), half_square(after)])
    for derived, *by_hand in zip(*results):
        assert all(abs(derived - value) <= 1e-3 * abs(derived) for value in by_hand), results
    return results[0]


if __name__ == "__main__":
    serve("JAX", jax.__version__, prepare, probe)
