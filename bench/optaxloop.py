"""The same sweep as people would write it with optax: one jitted loop over the steps, mapped over
the learning rates.
"""

import argparse
import json
import os
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rule")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--cores", type=int, default=1)
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])

    import jax
    import optax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    rules = {
        "sgd": optax.sgd,
        "momentum": lambda lr: optax.chain(optax.ema(0.9, debias=False), optax.sgd(lr)),
        "rmsprop": lambda lr: optax.rmsprop(lr, decay=0.9, eps=1e-8),
        "adam": optax.adam,
    }

    def value(theta):
        return theta[0] * theta[0] + 10.0 * (theta[1] * theta[1])

    def run(lr):
        rule = rules[given.rule](lr)
        start = jnp.array([-5.0, 3.0])
        first = value(start)

        def advance(step, carried):
            theta, state, last, best, outside, diverged = carried
            change, state = rule.update(jax.grad(value)(theta), state)
            theta = theta + change
            loss = value(theta)
            is_lost = ~(jnp.isfinite(theta).all() & (loss <= 1e6 * jnp.maximum(1.0, first)))
            is_new = is_lost & (diverged < 0)
            is_over = diverged >= 0
            last = jnp.where(is_over, last, loss)
            best = jnp.where(is_over, best, jnp.fmin(best, loss))
            return (
                theta,
                state,
                last,
                best,
                jnp.where(loss > 1e-3, step, outside),
                jnp.where(is_new, step, diverged),
            )

        carried = (start, rule.init(start), first, first, jnp.int32(0), jnp.int32(-1))
        _, _, last, best, outside, diverged = jax.lax.fori_loop(
            1, given.steps + 1, advance, carried
        )
        has_converged = (diverged < 0) & (outside < given.steps)
        return last, best, jnp.where(has_converged, outside + 1, -1), diverged

    began = time.perf_counter()
    _, _, converged, diverged = jax.jit(jax.vmap(run))(jnp.geomspace(1e-3, 3.0, given.runs))
    told = {"converged": int((converged >= 0).sum()), "diverged": int((diverged >= 0).sum())}
    print(json.dumps({**told, "seconds with compilation": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
