//! Greedy decoding of several texts at once, with a key-value cache that stays in place.
//!
//! In go prompts and rows, out comes the likeliest next token of each. Keys and values of all positions lie in slots: one
//! buffer per layer that is both the past and the present of the decoder's graph, so nothing is copied when a text grows by
//! a token. A prompt goes through the graph alone, into its slot; a decode step takes the slots up to the last one in use
//! together, and what it needs is bound once for each number of them. Slots without a text in between take part with a
//! dummy token at position 0, which the next prompt overwrites.

use std::{
    ffi::{CStr, CString},
    ops::Range,
    sync::Arc,
};

use ndarray::Array2;
use ort::{memory::Allocator, value::TensorElementType};

use super::{
    binding::{Binding, BoundTensor, SlotCache},
    device::Device,
    engine::Row,
    error::GemError,
    graph::{ANY, Graph},
    limits::{Finish, Limits},
    manifest::{CacheType, DecoderSpec},
    package::Package,
    reader::ReaderOptions,
    runtime::Runtime,
    token_embedding::TokenEmbedding,
};

const GRAPH: &str = "decoder";
/// The cache grows in steps of so many positions, so that readings of like length share one buffer.
const CACHE_STEP: usize = 256;

const EMBEDDINGS: &CStr = c"inputs_embeds";
const LENGTHS: &CStr = c"seqlens_k";
const LONGEST: &CStr = c"total_sequence_length";
const LOGITS_INDEX: &CStr = c"logits_index";
const LOGITS: &CStr = c"logits";

/// The Llama decoder of a package, with its cache.
pub(super) struct Decoder {
    graph: Graph,
    spec: DecoderSpec,
    /// Where the cache lies.
    allocator: Allocator,
    cache_element: TensorElementType,
    cache_names: Vec<(CString, CString)>,
    slots: usize,
    /// Positions of each slot.
    positions: usize,
    /// None only while it is replaced.
    cache: Option<Arc<SlotCache>>,
    prefill: Bound,
    /// Decode steps of one slot, of two, and so on, made when they are first needed.
    steps: Vec<Option<DecodeStep>>,
}

/// The tensors that every run of the graph needs.
struct Bound {
    binding: Binding,
    lengths: BoundTensor,
    longest: BoundTensor,
    logits_index: BoundTensor,
    logits: BoundTensor,
}

/// A decode step of a fixed number of rows: its token ids are embedded straight into the decoder's input.
struct DecodeStep {
    embedding: Binding,
    ids: BoundTensor,
    decoder: Bound,
}

impl Decoder {
    /// Opens the graph and checks it. There is room for so many texts, but none for positions before
    /// [`reserve`](Decoder::reserve).
    pub(super) fn open(
        package: &Package,
        runtime: &Runtime,
        options: ReaderOptions,
        slots: usize,
    ) -> Result<Decoder, GemError> {
        let spec = package.manifest().decoder.clone();
        let graph = Graph::open(GRAPH, package, runtime, options)?;
        graph.expect_input::<f32>("inputs_embeds", &[ANY, ANY, spec.hidden as i64])?;
        graph.expect_input::<i32>("seqlens_k", &[ANY])?;
        graph.expect_input::<i32>("total_sequence_length", &[1])?;
        graph.expect_input::<i64>("logits_index", &[ANY, 1])?;
        graph.expect_output("logits", &[ANY, spec.vocab as i64])?;
        let cache_shape = [ANY, spec.kv_heads as i64, ANY, spec.head_dim as i64];
        let cache_element = match spec.cache_type {
            CacheType::F32 => TensorElementType::Float32,
            CacheType::F16 => TensorElementType::Float16,
            CacheType::Bf16 => TensorElementType::Bfloat16,
        };
        for (past, present) in cache_names(&spec) {
            graph.expect_pair((&past, &present), cache_element, &cache_shape)?;
        }
        let inputs = 4 + 2 * spec.layers;
        if graph.session.inputs().len() != inputs {
            let what = format!("it has {} inputs, not {inputs}", graph.session.inputs().len());
            return Err(GemError::Graph { graph: GRAPH, what });
        }
        if cache_element == TensorElementType::Float32 && matches!(options.device, Device::Cuda(_)) {
            tracing::warn!(
                precision = package.manifest().precision,
                "attention in 32 bits has no kernel for CUDA and runs on the processor: export the model with fp16 or bf16"
            );
        }
        let named = |name| CString::new(name).expect("names of layers hold no zero byte (this is a bug)");
        Ok(Decoder {
            allocator: options.device.allocator(&graph.session).map_err(at("cache"))?,
            cache_element,
            cache_names: cache_names(&spec).map(|(past, present)| (named(past), named(present))).collect(),
            slots,
            positions: 0,
            cache: None,
            prefill: Bound::new(&graph, &spec, 1)?,
            steps: (0..slots).map(|_| None).collect(),
            graph,
            spec,
        })
    }

    /// Makes slots of so many positions, unless there are. What they held is lost.
    pub(super) fn reserve(&mut self, positions: usize) -> Result<(), GemError> {
        if positions <= self.positions {
            return Ok(());
        }
        let positions = positions.next_multiple_of(CACHE_STEP).min(self.spec.max_positions).max(positions);
        // The old buffers go first, with all that holds them.
        self.positions = 0;
        self.cache = None;
        self.steps.fill_with(|| None);
        self.prefill = Bound::new(&self.graph, &self.spec, 1)?;
        // What is in a new buffer does not matter, and neither does what an earlier text left behind: attention reads
        // positions up to the length of the text only, and a step writes a position before any step reads it.
        let shape = [self.slots, self.spec.kv_heads, positions, self.spec.head_dim];
        let cache = SlotCache::new(&self.allocator, self.cache_element, shape, self.cache_names.len());
        self.cache = Some(Arc::new(cache.map_err(at("cache"))?));
        self.positions = positions;
        Ok(())
    }

    /// Puts a prompt, shape (positions, hidden), and the tokens that were written after it into a slot. Gives the logits of
    /// the token that follows, shape (vocab). All of it must fit the slot.
    pub(super) fn prefill(
        &mut self,
        slot: usize,
        prompt: &Array2<f32>,
        written: &[u32],
        embedding: &mut TokenEmbedding,
    ) -> Result<&[f32], GemError> {
        let length = prompt.nrows() + written.len();
        if length == 0 || length > self.positions {
            let what = format!("a text of {length} positions does not fit slots of {}", self.positions);
            return Err(GemError::Graph { graph: GRAPH, what });
        }
        let shape = [1, length, self.spec.hidden];
        let mut embeddings =
            BoundTensor::new(&Allocator::default(), TensorElementType::Float32, &shape).map_err(at("inputs_embeds"))?;
        let values = embeddings.values_mut::<f32>().map_err(at("inputs_embeds"))?;
        let tokens = if written.is_empty() { None } else { Some(embedding.embed(written)?) };
        for (value, embedding) in values.iter_mut().zip(prompt.iter().chain(tokens.iter().flatten())) {
            *value = *embedding;
        }
        let cache = self.cache.as_ref().expect("there are positions, so there is a cache (this is a bug)");
        let bound = &mut self.prefill;
        bound.binding.cache(&self.cache_names, cache, &(slot..slot + 1)).map_err(at("cache"))?;
        bound.binding.input(EMBEDDINGS, &embeddings).map_err(at("inputs_embeds"))?;
        bound.lengths.values_mut::<i32>().map_err(at("seqlens_k"))?[0] = length as i32 - 1;
        bound.logits_index.values_mut::<i64>().map_err(at("logits_index"))?[0] = length as i64 - 1;
        bound.run(length, &mut self.graph)
    }

    /// Gives the next token of each row; `None` for those whose logits are no numbers.
    pub(super) fn decode(
        &mut self,
        rows: &[Row],
        embedding: &mut TokenEmbedding,
        next: &mut Vec<Option<u32>>,
    ) -> Result<(), GemError> {
        let Some(last) = rows.iter().map(|row| row.slot).max() else { return Ok(()) };
        let cache = self.cache.as_ref().ok_or_else(|| no_room(rows))?;
        let step = match &mut self.steps[last] {
            Some(step) => step,
            none => {
                let step = DecodeStep::new(&self.graph, embedding, &self.spec, &self.allocator, last + 1)?;
                let step = none.insert(step);
                step.decoder
                    .binding
                    .cache(&self.cache_names, cache, &Range { start: 0, end: last + 1 })
                    .map_err(at("cache"))?;
                step
            }
        };
        let ids = step.ids.values_mut::<i64>().map_err(at("input_ids"))?;
        let lengths = step.decoder.lengths.values_mut::<i32>().map_err(at("seqlens_k"))?;
        ids.fill(i64::from(self.spec.bos));
        lengths.fill(0);
        for row in rows {
            ids[row.slot] = i64::from(row.token);
            lengths[row.slot] = row.length as i32;
        }
        let longest = rows.iter().map(|row| row.length + 1).max().unwrap_or(1);
        if longest > self.positions {
            return Err(no_room(rows));
        }
        step.embedding.input(TokenEmbedding::IDS, &step.ids).map_err(at("input_ids"))?;
        embedding.run(&mut step.embedding)?;
        let logits = step.decoder.run(longest, &mut self.graph)?;
        next.extend(rows.iter().map(|row| likeliest(&logits[row.slot * self.spec.vocab..][..self.spec.vocab])));
        Ok(())
    }

    /// The logits of the token that follows a prompt, shape (vocab).
    pub(super) fn first_logits(
        &mut self,
        prompt: &Array2<f32>,
        embedding: &mut TokenEmbedding,
    ) -> Result<Vec<f32>, GemError> {
        self.reserve(prompt.nrows())?;
        Ok(self.prefill(0, prompt, &[], embedding)?.to_vec())
    }

    /// Decodes one text alone, after a prompt, shape (positions, hidden), which must not be empty nor longer than the
    /// decoder's positions. A token that ends the text is handed on like the others.
    pub(super) fn generate(
        &mut self,
        prompt: &Array2<f32>,
        embedding: &mut TokenEmbedding,
        limits: Limits,
        stop: &dyn Fn() -> bool,
        on_token: &mut dyn FnMut(u32),
    ) -> Result<Finish, GemError> {
        if limits.max_new_tokens == 0 {
            return Ok(Finish::Length);
        }
        if stop() {
            return Ok(Finish::Stopped);
        }
        let most = self.spec.max_positions;
        self.reserve(prompt.nrows().saturating_add(limits.max_new_tokens - 1).min(most))?;
        let mut tokens = Vec::new();
        let mut next = vec![likeliest(self.prefill(0, prompt, &[], embedding)?)];
        loop {
            let token = next[0].ok_or(GemError::NotANumber { token: tokens.len() })?;
            tokens.push(token);
            on_token(token);
            if let Some(finish) = limits.finish(&self.spec.eos, &tokens, prompt.nrows(), most) {
                return Ok(finish);
            }
            if stop() {
                return Ok(Finish::Stopped);
            }
            next.clear();
            let row = Row { slot: 0, token, length: prompt.nrows() + tokens.len() - 1 };
            self.decode(&[row], embedding, &mut next)?;
        }
    }
}

impl Bound {
    fn new(graph: &Graph, spec: &DecoderSpec, rows: usize) -> Result<Bound, GemError> {
        use TensorElementType::{Float32, Int32, Int64};
        let host = Allocator::default();
        let mut bound = Bound {
            binding: Binding::new(&graph.session).map_err(|source| GemError::Open { graph: GRAPH, source })?,
            lengths: BoundTensor::new(&host, Int32, &[rows]).map_err(at("seqlens_k"))?,
            longest: BoundTensor::new(&host, Int32, &[1]).map_err(at("total_sequence_length"))?,
            logits_index: BoundTensor::new(&host, Int64, &[rows, 1]).map_err(at("logits_index"))?,
            logits: BoundTensor::new(&host, Float32, &[rows, spec.vocab]).map_err(at("logits"))?,
        };
        bound.binding.output(LOGITS, &bound.logits).map_err(at("logits"))?;
        Ok(bound)
    }

    /// Runs the graph on what was written into the tensors, of texts of which the longest has so many positions by now, and
    /// gives the logits, shape (rows, vocab). A device gets its copy of the inputs here.
    fn run(&mut self, longest: usize, graph: &mut Graph) -> Result<&[f32], GemError> {
        self.longest.values_mut::<i32>().map_err(at("total_sequence_length"))?[0] = longest as i32;
        self.binding.input(LENGTHS, &self.lengths).map_err(at("seqlens_k"))?;
        self.binding.input(LONGEST, &self.longest).map_err(at("total_sequence_length"))?;
        self.binding.input(LOGITS_INDEX, &self.logits_index).map_err(at("logits_index"))?;
        let failed = |source| GemError::Run { graph: GRAPH, source };
        self.binding.run(&mut graph.session).map_err(failed)?;
        self.logits.values::<f32>().map_err(failed)
    }
}

impl DecodeStep {
    fn new(
        graph: &Graph,
        embedding: &TokenEmbedding,
        spec: &DecoderSpec,
        allocator: &Allocator,
        rows: usize,
    ) -> Result<DecodeStep, GemError> {
        let ids = BoundTensor::new(&Allocator::default(), TensorElementType::Int64, &[rows, 1]);
        let embeddings = BoundTensor::new(allocator, TensorElementType::Float32, &[rows, 1, spec.hidden])
            .map_err(at("inputs_embeds"))?;
        let mut decoder = Bound::new(graph, spec, rows)?;
        decoder.binding.input(EMBEDDINGS, &embeddings).map_err(at("inputs_embeds"))?;
        Ok(DecodeStep { embedding: embedding.binding_into(&embeddings)?, ids: ids.map_err(at("input_ids"))?, decoder })
    }
}

/// An error about a tensor of the decoder.
fn at(tensor: &'static str) -> impl Fn(ort::Error) -> GemError {
    move |source| GemError::Tensor { graph: GRAPH, tensor: tensor.to_owned(), source }
}

fn no_room(rows: &[Row]) -> GemError {
    GemError::Graph { graph: GRAPH, what: format!("there is no room for the rows {rows:?}") }
}

/// The names of the caches, each as input and as output.
fn cache_names(spec: &DecoderSpec) -> impl Iterator<Item = (String, String)> + use<> {
    (0..spec.layers).flat_map(|layer| {
        ["key", "value"].map(|part| (format!("past_key_values.{layer}.{part}"), format!("present.{layer}.{part}")))
    })
}

/// The index of the highest value, the first one of equals; nothing if a value is no number.
pub(super) fn likeliest(logits: &[f32]) -> Option<u32> {
    let mut best = (0, f32::NEG_INFINITY);
    for (token, &logit) in logits.iter().enumerate() {
        if logit.is_nan() {
            return None;
        }
        if logit > best.1 {
            best = (token, logit);
        }
    }
    // All of them minus infinity is no choice either.
    (best.1 > f32::NEG_INFINITY).then_some(best.0 as u32)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::gem::runtime;

    /// The decoder of the untrained package with three slots, and its table.
    fn untrained() -> (Decoder, TokenEmbedding) {
        let package = Package::open(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package"))).unwrap();
        let runtime = runtime::load(None).unwrap();
        let options = ReaderOptions { intra_threads: 1, device: Device::Cpu };
        let mut decoder = Decoder::open(&package, &runtime, options, 3).unwrap();
        decoder.reserve(64).unwrap();
        (decoder, TokenEmbedding::open(&package, &runtime, options).unwrap())
    }

    #[test]
    fn a_decode_step_asks_nothing_of_the_allocator() {
        let (mut decoder, mut embedding) = untrained();
        let prompt = embedding.embed(&[1, 300, 301, 302]).unwrap();
        let mut rows = [0, 2].map(|slot| Row { slot, token: 0, length: 4 });
        for row in &mut rows {
            row.token = likeliest(decoder.prefill(row.slot, &prompt, &[], &mut embedding).unwrap()).unwrap();
        }
        let mut next = Vec::with_capacity(2);
        for step in 0..5 {
            next.clear();
            let allocations = allocation_counter::measure(|| decoder.decode(&rows, &mut embedding, &mut next).unwrap());
            // The first step of so many slots makes its tensors.
            assert!(step == 0 || allocations.count_total == 0, "step {step}: {allocations:?}");
            assert_eq!(next[0], next[1]);
            for (row, token) in rows.iter_mut().zip(&next) {
                *row = Row { token: token.unwrap(), length: row.length + 1, ..*row };
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_what_went_before_does_not_show() {
        let (mut decoder, mut embedding) = untrained();
        let prompt = embedding.embed(&[1, 300, 301, 302]).unwrap();
        let first = decoder.prefill(1, &prompt, &[], &mut embedding).unwrap().to_vec();
        let long = Array2::zeros((decoder.positions + 1, prompt.ncols()));
        assert!(decoder.prefill(1, &long, &[], &mut embedding).is_err());
        assert!(decoder.prefill(1, &Array2::zeros((0, prompt.ncols())), &[], &mut embedding).is_err());
        let full = Row { slot: 1, token: 300, length: decoder.positions };
        assert!(decoder.decode(&[full], &mut embedding, &mut Vec::new()).is_err());
        let broken = Array2::from_elem((decoder.positions, prompt.ncols()), f32::NAN);
        assert_eq!(likeliest(decoder.prefill(1, &broken, &[], &mut embedding).unwrap()), None);
        assert_eq!(decoder.prefill(1, &prompt, &[], &mut embedding).unwrap(), first);
        // A prompt in two parts is the same prompt.
        let half = prompt.slice(ndarray::s![..2, ..]).to_owned();
        let again = decoder.prefill(0, &half, &[301, 302], &mut embedding).unwrap();
        assert!(again.iter().zip(&first).all(|(again, first)| (again - first).abs() < 1e-4));
    }

    #[test]
    fn the_first_of_the_highest_wins_and_what_is_no_number_is_found() {
        assert_eq!(likeliest(&[1.0, 3.0, 3.0, -5.0]), Some(1));
        assert_eq!(likeliest(&[f32::NEG_INFINITY, -1e30]), Some(1));
        assert_eq!(likeliest(&[1.0, f32::NAN, 3.0]), None);
        assert_eq!(likeliest(&[f32::NEG_INFINITY; 2]), None);
        assert_eq!(likeliest(&[]), None);
    }
}
