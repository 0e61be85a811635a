//! The reader: one model, ready to read 12-lead ECGs.
//!
//! In go a model package and ONNX Runtime; then, for each reading, a strip, its page and a question. Out comes the text the
//! model writes about them, piece by piece and as a whole. The same input gives the same text on the same machine.
//!
//! The path of a reading (Lan et al., GEM, arXiv 2503.06073): the ECG encoder makes tokens of the strip, the image encoder of
//! the page; both take the place of the placeholder in the prompt, ECG first; the decoder writes on from there.

use ndarray::{Array2, Array3, Array4, Axis, concatenate, s};

use image::RgbImage;

use super::{
    decoder::{Decoder, Finish, Limits},
    ecg_input::EcgInput,
    error::GemError,
    graph::{ANY, Graph},
    image::pixel_values,
    manifest::Manifest,
    merge::merge_tiles,
    package::Package,
    prompt::{PromptIds, prompt_ids, prompt_text},
    runtime::Runtime,
    text_stream::TextStream,
    token_embedding::TokenEmbedding,
    tokenizer::GemTokenizer,
};
use crate::ecg::{Lead, Strip};

/// How a reader works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Threads that compute one operation; 0 leaves the choice to ONNX Runtime (one a physical core).
    pub intra_threads: usize,
}

impl Default for ReaderOptions {
    /// As many threads as the process may use cores.
    fn default() -> ReaderOptions {
        ReaderOptions { intra_threads: std::thread::available_parallelism().map_or(0, usize::from) }
    }
}

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub struct ReadingInput<'a> {
    /// The ECG at the model's sampling rate.
    pub strip: &'a Strip,
    /// The same ECG as a page.
    pub page: &'a RgbImage,
    /// What to ask; the package's own question if there is none.
    pub question: Option<&'a str>,
    /// The most tokens to write; the package's own limit if there is none.
    pub max_new_tokens: Option<usize>,
}

/// What the model wrote, unchecked.
#[derive(Clone, Debug, PartialEq)]
pub struct RawReading {
    /// The name of the model.
    pub model: String,
    /// Its weights were trained. If not, the text means nothing.
    pub trained: bool,
    /// The text, without special tokens and without blanks at either end.
    pub text: String,
    /// The tokens, with the one that ended the text.
    pub tokens: Vec<u32>,
    /// Positions the prompt took, with ECG and picture.
    pub prompt_tokens: usize,
    /// Why it stopped.
    pub finish: Finish,
    /// Standard leads the model was given as zeros because they were not recorded.
    pub absent_leads: Vec<Lead>,
}

/// A model with its sessions open. Reads one ECG at a time.
pub struct GemReader {
    manifest: Manifest,
    tokenizer: GemTokenizer,
    ecg_encoder: Graph,
    image_encoder: Graph,
    image_newline: Option<Vec<f32>>,
    embedding: TokenEmbedding,
    decoder: Decoder,
}

impl GemReader {
    /// Opens every graph of a package and checks that they fit together.
    pub fn new(package: &Package, runtime: &Runtime, options: ReaderOptions) -> Result<GemReader, GemError> {
        let manifest = package.manifest().clone();
        let image_newline = package.image_newline()?;
        let (ecg, image, hidden) = (&manifest.ecg, &manifest.image, manifest.decoder.hidden as i64);
        let tokenizer = GemTokenizer::open(&package.file("tokenizer.json"), &manifest.decoder)?;

        let ecg_encoder = Graph::open("ecg_encoder", package, runtime, options)?;
        ecg_encoder.expect_input::<f32>("ecg", &[ANY, ecg.leads as i64, ecg.samples as i64])?;
        ecg_encoder.expect_output("ecg_tokens", &[ANY, ecg.tokens as i64, hidden])?;

        let image_encoder = Graph::open("image_encoder", package, runtime, options)?;
        image_encoder.expect_input::<f32>("pixel_values", &[ANY, 3, i64::from(image.size), i64::from(image.size)])?;
        image_encoder.expect_output("image_tokens", &[ANY, image.patches as i64, hidden])?;

        let embedding = TokenEmbedding::open(package, runtime, options)?;
        let decoder = Decoder::open(package, runtime, options)?;
        Ok(GemReader { manifest, tokenizer, ecg_encoder, image_encoder, image_newline, embedding, decoder })
    }

    /// What the package says about the model.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &GemTokenizer {
        &self.tokenizer
    }

    /// Reads one ECG.
    ///
    /// `stop` is asked before every step, the prompt being one; `on_text` gets the text in pieces whose concatenation is the
    /// reading's text.
    pub fn read(
        &mut self,
        input: &ReadingInput<'_>,
        stop: &dyn Fn() -> bool,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<RawReading, GemError> {
        let ecg = EcgInput::from_strip(input.strip, &self.manifest.ecg)?;
        let prompt = self.prompt_ids(input.question.unwrap_or(&self.manifest.prompt.question))?;
        let ecg_tokens = self.ecg_tokens(&ecg)?;
        let image_tokens = self.image_tokens(input.page)?;
        let embeddings = self.splice(&prompt, &ecg_tokens, &image_tokens)?;
        let limits = Limits {
            max_new_tokens: input.max_new_tokens.unwrap_or(self.manifest.decoder.max_new_tokens),
            stop_at_end_of_text: true,
        };
        let (tokens, text, finish) = self.generate(&embeddings, limits, stop, on_text)?;
        Ok(RawReading {
            model: self.manifest.name.clone(),
            trained: self.manifest.trained,
            text,
            tokens,
            prompt_tokens: embeddings.nrows(),
            finish,
            absent_leads: ecg.absent_leads,
        })
    }

    /// The token ids of the prompt for a question.
    pub fn prompt_ids(&self, question: &str) -> Result<PromptIds, GemError> {
        let text = prompt_text(&self.manifest.prompt, question)?;
        prompt_ids(&self.manifest.prompt, &text, &self.tokenizer)
    }

    /// The ECG's tokens, shape (tokens, hidden).
    pub fn ecg_tokens(&mut self, ecg: &EcgInput) -> Result<Array2<f32>, GemError> {
        let values = ecg.values_mv.clone().insert_axis(Axis(0));
        let shape = (1, self.manifest.ecg.tokens, self.manifest.decoder.hidden);
        Ok(self.ecg_encoder.run(("ecg", values), ("ecg_tokens", shape))?.remove_axis(Axis(0)))
    }

    /// The picture's tokens as the decoder reads them, shape (n, hidden): its tiles, encoded and joined.
    pub fn image_tokens(&mut self, picture: &RgbImage) -> Result<Array2<f32>, GemError> {
        let tiles = self.tile_tokens(pixel_values(picture, &self.manifest.image)?)?;
        Ok(merge_tiles(&tiles, &self.manifest.image, self.image_newline.as_deref(), picture.dimensions())?)
    }

    /// The tokens of each tile, shape (tiles, patches, hidden), from normalised tiles, shape (tiles, 3, side, side).
    pub fn tile_tokens(&mut self, pixel_values: Array4<f32>) -> Result<Array3<f32>, GemError> {
        let shape = (pixel_values.dim().0, self.manifest.image.patches, self.manifest.decoder.hidden);
        self.image_encoder.run(("pixel_values", pixel_values), ("image_tokens", shape))
    }

    /// The embeddings of a whole prompt, shape (positions, hidden): text, ECG, picture, text. Cut at the end, as the reference
    /// does, if it is longer than the model's sequence.
    pub fn splice(
        &mut self,
        prompt: &PromptIds,
        ecg_tokens: &Array2<f32>,
        image_tokens: &Array2<f32>,
    ) -> Result<Array2<f32>, GemError> {
        let ids: Vec<u32> = [prompt.before.as_slice(), &prompt.after].concat();
        let text = self.embedding.embed(&ids)?;
        let (before, after) = text.view().split_at(Axis(0), prompt.before.len());
        let parts = [before, ecg_tokens.view(), image_tokens.view(), after];
        let hidden = self.manifest.decoder.hidden;
        if let Some(part) = parts.iter().find(|part| part.ncols() != hidden) {
            let (found, expected) = (part.shape().to_vec(), vec![part.nrows(), hidden]);
            return Err(GemError::Output { graph: "encoder", output: "tokens", found, expected });
        }
        let whole = concatenate(Axis(0), &parts).expect("all parts have the same width (this is a bug)");
        let most = self.manifest.decoder.max_sequence;
        if whole.nrows() > most {
            tracing::warn!(positions = whole.nrows(), most, "the prompt is cut at its end: ask a shorter question");
            return Ok(whole.slice(s![..most, ..]).to_owned());
        }
        Ok(whole)
    }

    /// The logits of the first token after a prompt, shape (vocab).
    pub fn first_logits(&mut self, prompt: &Array2<f32>) -> Result<Vec<f32>, GemError> {
        self.decoder.first_logits(prompt)
    }

    /// Writes on after the embeddings of a prompt: the tokens, their text, and why it stopped.
    pub fn generate(
        &mut self,
        prompt: &Array2<f32>,
        limits: Limits,
        stop: &dyn Fn() -> bool,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<(Vec<u32>, String, Finish), GemError> {
        let mut stream = TextStream::default();
        let mut tokens = Vec::new();
        let mut on_token = |token| {
            tokens.push(token);
            stream.push(self.tokenizer.piece(token), on_text);
        };
        let finish = self.decoder.generate(prompt, &mut self.embedding, limits, stop, &mut on_token)?;
        let text = stream.finish(on_text);
        Ok((tokens, text, finish))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ecg::{StripLead, Time},
        gem::runtime,
    };

    #[test]
    fn the_shipped_model_reads_a_limb_lead_ecg() {
        let directory = match Package::shipped() {
            Ok(directory) => directory,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "left out: {error}");
                eprintln!("left out: {error}");
                return;
            }
        };
        let package = Package::open(&directory).unwrap();
        let mut reader =
            GemReader::new(&package, &runtime::load(None).unwrap(), ReaderOptions { intra_threads: 1 }).unwrap();
        let samples_mv = (0..5000).map(|index| if index % 400 < 20 { 1.0 } else { 0.0 }).collect();
        let lead = StripLead { lead: Lead::II, derived: false, samples_mv };
        let strip = Strip { start: Time::from_nanos(0), rate_hz: 500.0, leads: vec![lead] };
        let page = RgbImage::from_pixel(2200, 1700, image::Rgb([255; 3]));
        let input = ReadingInput { strip: &strip, page: &page, question: None, max_new_tokens: Some(20) };
        let mut told = String::new();
        let reading = reader.read(&input, &|| false, &mut |text| told.push_str(text)).unwrap();
        assert_eq!(reading.model, package.manifest().name);
        assert_eq!(reading.trained, package.manifest().trained);
        assert_eq!(reading.text, told);
        assert!((1..=20).contains(&reading.tokens.len()));
        assert_eq!(reading.absent_leads.len(), 11);
        let question = ReadingInput { question: Some("What about <image>?"), ..input };
        let error = reader.read(&question, &|| false, &mut |_| {}).unwrap_err();
        assert!(matches!(error, GemError::Prompt(_)), "{error}");
    }
}
