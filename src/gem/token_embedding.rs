//! The table that turns token ids into embeddings.

use ndarray::{Array2, Axis};

use super::{
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

    /// The embeddings of token ids, shape (ids, hidden).
    pub(super) fn embed(&mut self, ids: &[u32]) -> Result<Array2<f32>, GemError> {
        let array = Array2::from_shape_fn((1, ids.len()), |(_, index)| i64::from(ids[index]));
        let embeddings = self.graph.run(("input_ids", array), ("inputs_embeds", (1, ids.len(), self.hidden)))?;
        Ok(embeddings.remove_axis(Axis(0)))
    }
}
