#!/usr/bin/env bash
# From a fresh clone to predictions, fine-tuned models and generated text, on JAX: minutes, no
# download of weights.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/environment.sh

install_jax() {
  install --editable ".[jax]"
}

activate_environment
install_once quickstart install_jax
export KERAS_BACKEND=jax
python examples/getting_started/1_predict.py
python examples/getting_started/2_fine_tune.py
python examples/generate_text.py --seed 1
python examples/finetune_gpt2.py --epochs 2

cat <<END

That took $SECONDS seconds. Where to go next:
  source ${VIRTUAL_ENV#"$PWD"/}/bin/activate
  ls examples/getting_started     six levels, from predicting to training from scratch
                                  (3 to 6 use tf.data: pip install tensorflow tensorflow-text)
  bash tools/test.sh              every check and test, on TensorFlow, JAX and PyTorch
END
