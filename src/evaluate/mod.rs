//! The Grounded ECG Understanding task: how well a model's readings of ECGs are grounded, by GEM's eight criteria.
//!
//! In: a question file in GEM's format ([`files`]), answers, and the ECGs. Out: scores of every answer ([`exact`]: computed
//! from the claims in the text and the measurements on the waveform; [`judge`]: given by a language model on a server, as in
//! GEM's own evaluation), and their means with 95 % intervals ([`summary`]).
//!
//! The criteria and how entries become a score are those of Lan et al., GEM (arXiv 2503.06073), and its published scripts.

mod criterion;
pub mod exact;
pub mod files;
pub mod judge;
pub mod summary;

pub use criterion::{Criterion, Entry, Scores};
