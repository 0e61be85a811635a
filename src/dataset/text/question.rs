//! What is asked about an ECG.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The instruction by which GEM's own training answers were made, and others that ask for the same.
const QUESTIONS: [&str; 8] = [
    "Interpret the provided ECG image, identify key features and abnormalities in each lead, and generate a clinical \
     diagnosis that is supported by the observed evidence.",
    "Interpret this 12-lead ECG.",
    "Read this ECG step by step and give the diagnosis with the evidence for it.",
    "What does this ECG show? Name rhythm, rate, intervals, axis, and ST-T changes with their leads.",
    "Describe the rhythm, the conduction, the QRS complexes and the ST segments of this ECG and conclude.",
    "Please report this ECG as a cardiologist would.",
    "Which findings does this ECG show, in which leads, and what do they mean?",
    "Analyse the ECG systematically and state your conclusion.",
];
/// The seed's stream for the question.
const QUESTION_STREAM: u64 = 201;

/// The question about the window of this seed: in half of all windows GEM's own.
pub fn question(seed: u64) -> &'static str {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(QUESTION_STREAM);
    if random.random_bool(0.5) { QUESTIONS[0] } else { QUESTIONS[random.random_range(0..QUESTIONS.len())] }
}
