"""The operators that a program may use: arithmetic on tensors, and nothing that reads files, draws or keeps a state."""

import math
import operator
import re
from collections.abc import Callable
from typing import Any

import torch

from evaluation.errors import InvalidClassifier

TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")
NAMES = """
    _adaptive_avg_pool2d _log_softmax _native_batch_norm_legit_no_training _softmax _to_copy
    _unsafe_view _upsample_bicubic2d_aa _upsample_bilinear2d_aa abs acos adaptive_avg_pool1d adaptive_avg_pool2d
    adaptive_max_pool2d add addbmm addcdiv addcmul addmm alias all amax amin any arange argmax argmin asin atan
    atan2 avg_pool1d avg_pool2d baddbmm batch_norm bitwise_and bitwise_not bitwise_or bmm broadcast_to cat ceil celu
    channel_shuffle chunk clamp clamp_max clamp_min clone concat constant_pad_nd contiguous conv1d conv2d conv3d
    conv_transpose2d convolution cos cosh cumsum detach div dropout einsum elu embedding eq erf exp expand expand_as
    expm1 eye feature_dropout flatten flip floor floor_divide full full_like gather ge gelu glu group_norm gt
    hardsigmoid hardswish hardtanh index index_select instance_norm isfinite isinf isnan layer_norm le leaky_relu
    lift_fresh_copy linalg_norm linalg_vector_norm linear log log10 log1p log2 log_sigmoid log_softmax logical_and
    logical_not logical_or logsumexp lt masked_fill matmul max max_pool1d max_pool2d max_pool2d_with_indices maximum
    mean median meshgrid min minimum mish mm movedim mul mv narrow native_batch_norm native_group_norm
    native_layer_norm ne neg new_full new_ones new_zeros norm one_hot ones ones_like outer pad permute pixel_shuffle
    pixel_unshuffle pow prelu prod reciprocal reflection_pad2d relu relu6 remainder repeat repeat_interleave
    replication_pad2d reshape rms_norm roll round rsqrt rsub scalar_tensor scaled_dot_product_attention select selu
    sigmoid sign silu sin sinh slice softmax softplus softsign sort split split_with_sizes sqrt square squeeze stack
    std std_mean sub sum sym_numel sym_size t tan tanh threshold tile to topk transpose tril triu true_divide
    type_as unbind unflatten unsqueeze upsample_bicubic2d upsample_bilinear2d upsample_nearest2d var var_mean view
    where zeros zeros_like
"""
ALLOWED = frozenset(NAMES.split())
ON_NUMBERS: dict[str, Callable[..., Any]] = {
    f"_operator.{name}": getattr(operator, name)
    for name in ("add", "sub", "mul", "floordiv", "mod", "neg", "eq", "ne", "lt", "le", "gt", "ge", "getitem")
} | {
    "math.trunc": math.trunc, "torch.sym_int": int, "torch.sym_float": float, "torch.sym_max": max,
    "torch.sym_min": min, "torch.sym_not": operator.not_,
    # An assertion about types, which mixed precision changes.
    "torch.ops.aten._assert_tensor_metadata.default": lambda *_, **__: None,
}  # fmt: skip


def operator_of(target: str) -> Callable[..., Any]:
    """The function of this name; InvalidClassifier where it is none of those a classifier needs."""
    if target in ON_NUMBERS:
        return ON_NUMBERS[target]
    found = TARGET.fullmatch(target)
    # In place (`relu_`) is the same arithmetic.
    if found is None or found[1].removesuffix("_") not in ALLOWED:
        raise InvalidClassifier(f"The program uses {target!r:.100}, which is not among the operators that are taken.")
    packet = getattr(torch.ops.aten, found[1], None)
    function = getattr(packet, found[2], None)
    if not isinstance(function, torch._ops.OpOverload):
        raise InvalidClassifier(f"This version of torch has no operator {target!r:.100}.")
    return function
