"""Every public class."""

from conformance.cases.backbones import BACKBONES
from conformance.cases.decoders import DECODER_CASES
from conformance.cases.embedding import EMBEDDING, LOSSES, SPEARMAN
from conformance.cases.encoders import ENCODER_CASES
from conformance.cases.layers import MODELING_LAYERS
from conformance.cases.preprocessing import PREPROCESSING_LAYERS
from conformance.cases.samplers import METRICS, SAMPLERS
from conformance.cases.seq2seqs import SEQ2SEQ_CASES
from conformance.cases.speeches import SPEECH_CASES
from conformance.cases.tasks import PREPROCESSORS, TASKS
from conformance.cases.token_tasks import TOKEN_TASKS
from conformance.cases.tokenizers import TOKENIZERS

CASES = [
    *MODELING_LAYERS,
    *PREPROCESSING_LAYERS,
    *TOKENIZERS,
    *PREPROCESSORS,
    *BACKBONES,
    *TASKS,
    *TOKEN_TASKS,
    *EMBEDDING,
    *DECODER_CASES,
    *ENCODER_CASES,
    *SEQ2SEQ_CASES,
    *SPEECH_CASES,
    *LOSSES,
    *METRICS,
    SPEARMAN,
    *SAMPLERS,
]
