//! The text of a reading, written the way a cardiologist goes about an ECG: rhythm and rate first, then P waves and
//! conduction to the ventricles, the QRS complex and its axis, QT, ST and T lead by lead, and what it comes to.
//!
//! In: [`Facts`], nothing else, and a seed. Out: one paragraph of natural English, at most [`MOST_WORDS`] words. The seed
//! chooses the words, never the facts: whatever is said is one of them.

mod complex;
mod conclusion;
mod question;
mod rhythm;
mod voice;
mod walls;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use question::question;

use super::facts::Facts;
use voice::Voice;

/// GEM's own target texts have at most this many words.
pub const MOST_WORDS: usize = 300;

/// The seed's stream for words; the patient was drawn from others.
const WORDS_STREAM: u64 = 200;

/// Writes the text of these facts.
pub fn write(facts: &Facts, seed: u64) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(WORDS_STREAM);
    let mut voice = Voice::new(random);
    let mut sentences = vec![rhythm::opening(facts, &mut voice)];
    sentences.extend(rhythm::conduction(facts, &mut voice));
    sentences.extend(rhythm::ectopy(facts, &mut voice));
    sentences.extend(complex::complex(facts, &mut voice));
    sentences.extend(complex::qt(facts, &mut voice));
    sentences.extend(complex::voltage(facts, &mut voice));
    sentences.extend(walls::walls(facts, &mut voice));
    sentences.extend(conclusion::conclusion(facts, &mut voice));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

#[cfg(test)]
mod tests;
