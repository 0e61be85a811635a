"""`token_embedding.onnx` and `decoder.onnx`: the Llama decoder with its key-value cache outside the graph.

In: `inputs_embeds` f32 [batch, seq, hidden]; `seqlens_k` i32 [batch], the valid length of each row after
this step, less one; `total_sequence_length` i32 [1], the longest of these lengths (not less one);
`logits_index` i64 [batch, 1], the position in `seq` whose logits are wanted;
`past_key_values.{l}.key|value` [batch, kv_heads, past, head_dim] in the type that the decoder computes in.
Out: `logits` f32 [batch, vocab]; `present.{l}.key|value`, which may share their buffer with the past.

Attention is ONNX Runtime's GroupQueryAttention with the rotary embedding (half-split) inside: positions
follow from `seqlens_k`, so rows of one batch may have different lengths, padded on the right.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto

from .checkpoint import Shapes, Weights
from .config import Decoder, GemConfig
from .graph import MICROSOFT, GraphBuilder
from .precision import Precision

EMBEDDING = "model.embed_tokens.weight"
LM_HEAD = "lm_head.weight"


def decoder_shapes(config: GemConfig) -> Shapes:
    """The weights of the embedding and the decoder."""
    decoder = config.decoder
    hidden = decoder.hidden
    query = decoder.heads * decoder.head_dim
    key = decoder.kv_heads * decoder.head_dim
    shapes: Shapes = {EMBEDDING: (decoder.vocab, hidden), "model.norm.weight": (hidden,)}
    if not decoder.tied_embeddings:
        shapes[LM_HEAD] = (decoder.vocab, hidden)
    for layer in range(decoder.layers):
        block = f"model.layers.{layer}."
        shapes[f"{block}input_layernorm.weight"] = (hidden,)
        shapes[f"{block}post_attention_layernorm.weight"] = (hidden,)
        shapes[f"{block}self_attn.q_proj.weight"] = (query, hidden)
        shapes[f"{block}self_attn.k_proj.weight"] = (key, hidden)
        shapes[f"{block}self_attn.v_proj.weight"] = (key, hidden)
        shapes[f"{block}self_attn.o_proj.weight"] = (hidden, query)
        shapes[f"{block}mlp.gate_proj.weight"] = (decoder.mlp_width, hidden)
        shapes[f"{block}mlp.up_proj.weight"] = (decoder.mlp_width, hidden)
        shapes[f"{block}mlp.down_proj.weight"] = (hidden, decoder.mlp_width)
    return shapes


def rotary_caches(decoder: Decoder) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine [max_positions, head_dim / 2] of the rotary embedding (Su et al., arXiv 2104.09864).

    The angles are rounded to float32, as the reference does. Cosine and sine are taken in float64 and rounded
    once, so that the bytes do not depend on the machine's vector library.
    """
    exponents = np.arange(0, decoder.head_dim, 2, dtype=np.float64) / decoder.head_dim
    frequencies = (1.0 / decoder.rope_theta**exponents).astype(np.float32)
    angles = np.outer(np.arange(decoder.max_positions, dtype=np.float32), frequencies).astype(np.float64)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def build_token_embedding(directory: Path, config: GemConfig, checkpoint: Weights, precision: Precision) -> None:
    """Write the table that turns token ids into embeddings."""
    graph = GraphBuilder(directory, "token_embedding", precision.embedding)
    ids = graph.input("input_ids", ["batch", "seq"], TensorProto.INT64)
    table = graph.weight("embed_tokens.weight", checkpoint.tensor(EMBEDDING))
    graph.node("Gather", [table, ids], "inputs_embeds", axis=0)
    graph.output("inputs_embeds", ["batch", "seq", config.decoder.hidden])
    graph.save()


def build_decoder(directory: Path, config: GemConfig, checkpoint: Weights, precision: Precision) -> None:
    """Write the decoder and its weights into `directory`."""
    decoder = config.decoder
    graph = GraphBuilder(directory, "decoder", precision.decoder)

    def rms_norm(x: str, key: str) -> str:
        scale = graph.weight(f"{key}.weight", checkpoint.tensor(f"{key}.weight"))
        return graph.node(
            "SimplifiedLayerNormalization", [x, scale], f"{key}.out", axis=-1, epsilon=decoder.rms_norm_eps
        )

    def matmul(x: str, key: str) -> str:
        return graph.matmul(x, key, checkpoint.tensor(f"{key}.weight"))

    x = graph.input("inputs_embeds", ["batch", "seq", decoder.hidden])
    seqlens = graph.input("seqlens_k", ["batch"], TensorProto.INT32)
    total = graph.input("total_sequence_length", [1], TensorProto.INT32)
    index = graph.input("logits_index", ["batch", 1], TensorProto.INT64)
    cosine, sine = (
        graph.weight(name, cache)
        for name, cache in zip(("cos_cache", "sin_cache"), rotary_caches(decoder), strict=True)
    )
    graph.output("logits", ["batch", decoder.vocab])

    cache_type = precision.decoder.elem_type
    for layer in range(decoder.layers):
        block = f"model.layers.{layer}."
        cache = []
        for part in ("key", "value"):
            shape = ["batch", decoder.kv_heads, "past", decoder.head_dim]
            cache.append(graph.input(f"past_key_values.{layer}.{part}", shape, cache_type))
            present = ["batch", decoder.kv_heads, "present", decoder.head_dim]
            graph.output(f"present.{layer}.{part}", present, cache_type)
        normed = rms_norm(x, f"{block}input_layernorm")
        packed = np.concatenate([checkpoint.tensor(f"{block}self_attn.{part}_proj.weight") for part in "qkv"])
        qkv = graph.matmul(normed, f"{block}self_attn.qkv_proj", packed)
        del packed
        context = graph.node(
            "GroupQueryAttention",
            [qkv, "", "", *cache, seqlens, total, cosine, sine],
            [f"{block}self_attn.context", f"present.{layer}.key", f"present.{layer}.value"],
            domain=MICROSOFT,
            num_heads=decoder.heads,
            kv_num_heads=decoder.kv_heads,
            do_rotary=1,
            rotary_interleaved=0,
        )
        x = graph.node("Add", [x, matmul(context, f"{block}self_attn.o_proj")], f"{block}attended")
        normed = rms_norm(x, f"{block}post_attention_layernorm")
        gate = matmul(normed, f"{block}mlp.gate_proj")
        gate = graph.node("Mul", [gate, graph.node("Sigmoid", [gate], f"{block}mlp.sigmoid")], f"{block}mlp.silu")
        hidden = graph.node("Mul", [gate, matmul(normed, f"{block}mlp.up_proj")], f"{block}mlp.gated")
        x = graph.node("Add", [x, matmul(hidden, f"{block}mlp.down_proj")], f"{block}out")

    # One position a row goes on, so that a prefill does not compute the logits of the whole prompt.
    x = graph.node("GatherND", [x, index], "last_hidden", batch_dims=1)
    x = rms_norm(x, "model.norm")
    head = checkpoint.tensor(EMBEDDING if decoder.tied_embeddings else LM_HEAD)
    graph.matmul(x, "lm_head", head, "logits", precision.lm_head)
    graph.save()
