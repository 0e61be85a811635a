//! The table that turns token ids into embeddings.

use std::ffi::CStr;

use ndarray::{Array2, Axis};

use super::{
    binding::{Binding, BoundTensor},
    error::GemError,
    graph::{ANY, Graph},
    package::Package,
    reader::ReaderOptions,
    runtime::Runtime,
};

/// `token_embedding.onnx` of a package.
pub(super) struct TokenEmbedding {
    graph: Graph,
    hidden: usize,
}

impl TokenEmbedding {
    /// Opens the graph and checks it.
    pub(super) fn open(
        package: &Package,
        runtime: &Runtime,
        options: ReaderOptions,
    ) -> Result<TokenEmbedding, GemError> {
        let hidden = package.manifest().decoder.hidden;
        let graph = Graph::open("token_embedding", package, runtime, options)?;
        graph.expect_input::<i64>("input_ids", &[ANY, ANY])?;
        graph.expect_output("inputs_embeds", &[ANY, ANY, hidden as i64])?;
        Ok(TokenEmbedding { graph, hidden })
    }

    /// The name of its input.
    pub(super) const IDS: &CStr = c"input_ids";

    /// A binding that writes embeddings into this tensor, once [`IDS`](TokenEmbedding::IDS) is bound.
    pub(super) fn binding_into(&self, embeddings: &BoundTensor) -> Result<Binding, GemError> {
        let graph = self.graph.name;
        let failed = |source| GemError::Tensor { graph, tensor: "inputs_embeds".to_owned(), source };
        let mut binding = Binding::new(&self.graph.session).map_err(failed)?;
        binding.output(c"inputs_embeds", embeddings).map_err(failed)?;
        Ok(binding)
    }

    /// Embeds what is bound.
    pub(super) fn run(&mut self, binding: &mut Binding) -> Result<(), GemError> {
        binding.run(&mut self.graph.session).map_err(|source| GemError::Run { graph: self.graph.name, source })
    }

    /// The embeddings of token ids, shape (ids, hidden).
    pub(super) fn embed(&mut self, ids: &[u32]) -> Result<Array2<f32>, GemError> {
        let array = Array2::from_shape_fn((1, ids.len()), |(_, index)| i64::from(ids[index]));
        let embeddings = self.graph.run(("input_ids", array), ("inputs_embeds", (1, ids.len(), self.hidden)))?;
        Ok(embeddings.remove_axis(Axis(0)))
    }
}
