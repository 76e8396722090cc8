"""Continue a prompt with a language model; the text is shown as it comes.

Runs on any backend: KERAS_BACKEND=jax python examples/generate_text.py --prompt "JULIET:"
"""

import argparse

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", default="gpt2_nano_en_shakespeare", help="of any causal LM")
parser.add_argument("--prompt", default="ROMEO:\n")
parser.add_argument("--max-new-tokens", type=int, default=150)
parser.add_argument("--temperature", type=float, default=0.8, help="lower is more predictable")
parser.add_argument("--top-p", type=float, default=0.95, help="share of the likeliest tokens")
parser.add_argument("--seed", type=int, help="the same seed gives the same text")
parser.add_argument("--quick", action="store_true", help="few tokens")
arguments = parser.parse_args()
if arguments.quick:
    arguments.max_new_tokens = 16

model = nlpkit.models.CausalLM.from_preset(arguments.preset)
pieces = model.generate(
    arguments.prompt,
    max_new_tokens=arguments.max_new_tokens,
    sampler="random",
    temperature=arguments.temperature,
    top_p=arguments.top_p,
    seed=arguments.seed,
    stream=True,
)
for piece in pieces:
    print(piece, end="", flush=True)
print()
