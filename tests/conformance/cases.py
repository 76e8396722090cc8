"""Every public class."""

from conformance.cases_backbones import BACKBONES
from conformance.cases_decoders import DECODER_CASES
from conformance.cases_layers import MODELING_LAYERS
from conformance.cases_preprocessing import PREPROCESSING_LAYERS
from conformance.cases_samplers import METRICS, SAMPLERS
from conformance.cases_tasks import PREPROCESSORS, TASKS
from conformance.cases_tokenizers import TOKENIZERS

CASES = [
    *MODELING_LAYERS,
    *PREPROCESSING_LAYERS,
    *TOKENIZERS,
    *PREPROCESSORS,
    *BACKBONES,
    *TASKS,
    *DECODER_CASES,
    *METRICS,
    *SAMPLERS,
]
