//! Greedy decoding with a key-value cache that stays in place.
//!
//! In go the embeddings of a prompt, out come tokens: at each step the likeliest one, until the text ends, a limit is
//! reached or the caller says stop. Keys and values of all positions lie in one buffer per layer that is both the past and
//! the present of the decoder's graph, so nothing is copied when it grows by a token.

use ndarray::{Array2, Axis};
use ort::{
    memory::Allocator,
    session::IoBinding,
    value::{Tensor, Value, ValueTypeMarker},
};

use super::{
    error::GemError,
    graph::{ANY, Graph},
    manifest::DecoderSpec,
    package::Package,
    reader::ReaderOptions,
    runtime::Runtime,
    token_embedding::TokenEmbedding,
};

const GRAPH: &str = "decoder";
/// The cache grows in steps of so many positions, so that readings of like length share one buffer.
const CACHE_STEP: usize = 256;

/// The Llama decoder of a package, with its cache. Decodes one prompt at a time.
pub(super) struct Decoder {
    graph: Graph,
    spec: DecoderSpec,
    binding: IoBinding,
    /// Positions the bound cache has room for.
    capacity: usize,
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// At most so many tokens.
    pub max_new_tokens: usize,
    /// Stop after a token that ends the text.
    pub stop_at_end_of_text: bool,
}

/// Why decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its text.
    EndOfText,
    /// The limit of tokens or of positions was reached.
    Length,
    /// The caller said stop.
    Stopped,
}

impl Decoder {
    /// Opens the graph and checks it.
    pub(super) fn open(package: &Package, runtime: &Runtime, options: ReaderOptions) -> Result<Decoder, GemError> {
        let spec = package.manifest().decoder.clone();
        let graph = Graph::open(GRAPH, package, runtime, options)?;
        graph.expect_input::<f32>("inputs_embeds", &[ANY, ANY, spec.hidden as i64])?;
        graph.expect_input::<i32>("seqlens_k", &[ANY])?;
        graph.expect_input::<i32>("total_sequence_length", &[1])?;
        graph.expect_input::<i64>("logits_index", &[ANY, 1])?;
        graph.expect_output("logits", &[ANY, spec.vocab as i64])?;
        let cache_shape = [ANY, spec.kv_heads as i64, ANY, spec.head_dim as i64];
        for (past, present) in cache_names(&spec) {
            graph.expect_input::<f32>(&past, &cache_shape)?;
            graph.expect_output(&present, &cache_shape)?;
        }
        let inputs = 4 + 2 * spec.layers;
        if graph.session.inputs().len() != inputs {
            let what = format!("it has {} inputs, not {inputs}", graph.session.inputs().len());
            return Err(GemError::Graph { graph: GRAPH, what });
        }
        let mut binding = graph.session.create_binding().map_err(|source| GemError::Open { graph: GRAPH, source })?;
        // The logits have one shape for all steps, so one tensor takes them all.
        let logits = Tensor::<f32>::new(&Allocator::default(), [1, spec.vocab]);
        logits.and_then(|logits| binding.bind_output("logits", logits)).map_err(at("logits"))?;
        Ok(Decoder { graph, spec, binding, capacity: 0 })
    }

    /// The logits of the token that follows a prompt, shape (vocab).
    pub(super) fn first_logits(&mut self, prompt: &Array2<f32>) -> Result<Vec<f32>, GemError> {
        self.reserve(prompt.nrows())?;
        self.forward(prompt, prompt.nrows())
    }

    /// Decodes after a prompt, shape (positions, hidden), which must not be empty nor longer than the decoder's positions.
    /// A token that ends the text is handed on like the others.
    pub(super) fn generate(
        &mut self,
        prompt: &Array2<f32>,
        embedding: &mut TokenEmbedding,
        limits: Limits,
        stop: &dyn Fn() -> bool,
        on_token: &mut dyn FnMut(u32),
    ) -> Result<Finish, GemError> {
        let mut length = prompt.nrows();
        if limits.max_new_tokens == 0 {
            return Ok(Finish::Length);
        }
        if stop() {
            return Ok(Finish::Stopped);
        }
        self.reserve(length.saturating_add(limits.max_new_tokens - 1).min(self.spec.max_positions))?;
        let mut logits = self.forward(prompt, length)?;
        for count in 1.. {
            let token = likeliest(&logits).ok_or(GemError::NotANumber { token: count - 1 })?;
            on_token(token);
            if limits.stop_at_end_of_text && self.spec.eos.contains(&token) {
                return Ok(Finish::EndOfText);
            }
            if count == limits.max_new_tokens || length == self.spec.max_positions {
                return Ok(Finish::Length);
            }
            if stop() {
                return Ok(Finish::Stopped);
            }
            length += 1;
            logits = self.forward(&embedding.embed(&[token])?, length)?;
        }
        unreachable!("the loop counts to a limit (this is a bug)")
    }

    /// Binds a cache with room for so many positions, unless the bound one has it.
    fn reserve(&mut self, positions: usize) -> Result<(), GemError> {
        if positions <= self.capacity {
            return Ok(());
        }
        let capacity = positions.next_multiple_of(CACHE_STEP).min(self.spec.max_positions).max(positions);
        let shape = [1, self.spec.kv_heads, capacity, self.spec.head_dim];
        // While the old buffers are let go one by one, the cache is of no size.
        self.capacity = 0;
        for (past, present) in cache_names(&self.spec) {
            // The content of a new tensor does not matter, and neither does what an earlier reading left behind: attention
            // reads positions up to `seqlens_k` only, and a step writes a position before any step reads it.
            let mut cache = Tensor::<f32>::new(&Allocator::default(), shape).map_err(at(&past))?;
            self.bind(&past, &cache)?;
            self.binding.bind_output(present.as_str(), &mut cache).map_err(at(&present))?;
        }
        self.capacity = capacity;
        Ok(())
    }

    /// Runs the graph on the embeddings of the last positions of a text that is `length` positions long by now, and gives the
    /// logits of the very last.
    fn forward(&mut self, embeddings: &Array2<f32>, length: usize) -> Result<Vec<f32>, GemError> {
        let steps = embeddings.nrows();
        let embeddings = embeddings.clone().insert_axis(Axis(0));
        // A binding keeps what it is given, so each step binds its own tensors. They own their data: a borrowed one would
        // be copied.
        self.bind("inputs_embeds", &Tensor::from_array(embeddings).map_err(at("inputs_embeds"))?)?;
        self.bind_scalar("seqlens_k", [1], length as i32 - 1)?;
        self.bind_scalar("total_sequence_length", [1], length as i32)?;
        self.bind_scalar("logits_index", [1, 1], steps as i64 - 1)?;
        let failed = |source| GemError::Run { graph: GRAPH, source };
        let outputs = self.graph.session.run_binding(&self.binding).map_err(failed)?;
        let logits = outputs
            .get("logits")
            .ok_or_else(|| GemError::Graph { graph: GRAPH, what: "it gave no output logits".to_owned() })?;
        Ok(logits.try_extract_tensor::<f32>().map_err(failed)?.1.to_vec())
    }

    fn bind<T: ValueTypeMarker + ?Sized>(&mut self, input: &str, value: &Value<T>) -> Result<(), GemError> {
        self.binding.bind_input(input, value).map_err(at(input))
    }

    fn bind_scalar<T, const N: usize>(&mut self, input: &str, shape: [usize; N], value: T) -> Result<(), GemError>
    where
        T: ort::value::PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
    {
        self.bind(input, &Tensor::from_array((shape, vec![value])).map_err(at(input))?)
    }
}

/// An error about a tensor of the decoder.
fn at(tensor: &str) -> impl FnOnce(ort::Error) -> GemError {
    let tensor = tensor.to_owned();
    move |source| GemError::Tensor { graph: GRAPH, tensor, source }
}

/// The names of the caches, each as input and as output.
fn cache_names(spec: &DecoderSpec) -> impl Iterator<Item = (String, String)> + use<> {
    (0..spec.layers).flat_map(|layer| {
        ["key", "value"].map(|part| (format!("past_key_values.{layer}.{part}"), format!("present.{layer}.{part}")))
    })
}

/// The index of the highest value, the first one of equals; nothing if a value is no number.
fn likeliest(logits: &[f32]) -> Option<u32> {
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
    use super::*;

    #[test]
    fn the_first_of_the_highest_wins_and_what_is_no_number_is_found() {
        assert_eq!(likeliest(&[1.0, 3.0, 3.0, -5.0]), Some(1));
        assert_eq!(likeliest(&[f32::NEG_INFINITY, -1e30]), Some(1));
        assert_eq!(likeliest(&[1.0, f32::NAN, 3.0]), None);
        assert_eq!(likeliest(&[f32::NEG_INFINITY; 2]), None);
        assert_eq!(likeliest(&[]), None);
    }
}
