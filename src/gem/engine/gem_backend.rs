//! GEM behind the engine: the sessions of a [`GemReader`], made anew from the package when they fail.

use ndarray::{Array2, Axis, concatenate};

use super::{backend::Backend, request::Prepared, scheduler::Row};
use crate::gem::{
    device::Device,
    error::GemError,
    package::Package,
    reader::{GemReader, ReaderOptions},
    runtime::Runtime,
    tokenizer::Piece,
};

/// The sessions, and what it takes to make them.
pub(super) struct GemBackend {
    package: Package,
    runtime: Runtime,
    options: ReaderOptions,
    slots: usize,
    positions: usize,
    /// None after the sessions could not be made.
    reader: Option<GemReader>,
}

impl GemBackend {
    /// Opens the sessions, with room for so many texts of so many positions.
    pub(super) fn open(
        package: Package,
        runtime: Runtime,
        options: ReaderOptions,
        slots: usize,
        positions: usize,
    ) -> Result<GemBackend, GemError> {
        let mut backend = GemBackend { package, runtime, options, slots, positions, reader: None };
        backend.rebuild()?;
        Ok(backend)
    }

    /// What the sessions run on.
    pub(super) fn device(&self) -> Device {
        self.reader.as_ref().map_or(self.options.device, GemReader::device)
    }

    fn reader(&mut self) -> &mut GemReader {
        self.reader.as_mut().expect("no step is done between a failure and new sessions (this is a bug)")
    }
}

impl Backend for GemBackend {
    type Input = Prepared;
    type Prompt = Array2<f32>;

    fn encode(&mut self, inputs: &[&Prepared]) -> Result<Vec<Array2<f32>>, GemError> {
        let reader = self.reader();
        let ecgs: Vec<_> = inputs.iter().map(|input| input.ecg.values_mv.view().insert_axis(Axis(0))).collect();
        let ecgs = concatenate(Axis(0), &ecgs).expect("every ECG was made for this model (this is a bug)");
        let ecg_tokens = reader.ecg_batch(ecgs)?;
        let tiles: Vec<_> = inputs.iter().map(|input| input.pixel_values.view()).collect();
        let tiles = concatenate(Axis(0), &tiles).expect("every tile was made for this model (this is a bug)");
        let tile_tokens = reader.tile_tokens(tiles)?;
        let mut rest = tile_tokens.view();
        let mut prompts = Vec::with_capacity(inputs.len());
        for (input, ecg_tokens) in inputs.iter().zip(ecg_tokens.outer_iter()) {
            let (own, others) = rest.split_at(Axis(0), input.pixel_values.len_of(Axis(0)));
            let image_tokens = reader.merge_tiles(&own.to_owned(), input.page_size)?;
            prompts.push(reader.splice(&input.prompt, &ecg_tokens.to_owned(), &image_tokens)?);
            rest = others;
        }
        Ok(prompts)
    }

    fn positions(prompt: &Array2<f32>) -> usize {
        prompt.nrows()
    }

    fn prefill(&mut self, slot: usize, prompt: &Array2<f32>, written: &[u32]) -> Result<Option<u32>, GemError> {
        self.reader().prefill(slot, prompt, written)
    }

    fn decode(&mut self, rows: &[Row], next: &mut Vec<Option<u32>>) -> Result<(), GemError> {
        self.reader().decode(rows, next)
    }

    fn rebuild(&mut self) -> Result<(), GemError> {
        // The old sessions go first: a device may not have room for two.
        self.reader = None;
        let reader = GemReader::with_slots(&self.package, &self.runtime, self.options, self.slots, self.positions)?;
        self.reader = Some(reader);
        Ok(())
    }

    fn piece(&self, token: u32) -> Piece {
        self.reader.as_ref().map_or(Piece::Nothing, |reader| reader.tokenizer().piece(token))
    }
}
