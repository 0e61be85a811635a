//! A ward on which something happens: every patient has an episode once a minute or so, each at another time.
//!
//! Monitors are switched on within the first ten seconds, so that their chunks do not all end at the same moment.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simulators::patient::PatientSettings;
use simulators::rhythm::{Afterwards, Rhythm, Script, Step};
use simulators::scenario::{Bed, Ward};

/// What happens now and then; each of these raises an alarm.
const EPISODES: [Rhythm; 4] = [
    Rhythm::Asystole,
    Rhythm::VentricularTachycardia { rate_bpm: 160.0 },
    Rhythm::VentricularFibrillation,
    Rhythm::SinusWithPauses { rate_bpm: 70.0, pause_s: 3.0, pauses_per_min: 10.0 },
];

/// As many patients; the seed decides what happens to them.
pub fn ward(beds: usize, seed: u64) -> Ward {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let beds = (1..=beds).map(|number| {
        let steps = (0..8).map(|step| {
            let sinus = Rhythm::Sinus { rate_bpm: f64::from(random.random_range(52_u32..=98)) };
            if step % 2 == 0 {
                Step { rhythm: sinus, seconds: random.random_range(25.0..65.0) }
            } else {
                let episode = EPISODES.choose(&mut random).expect("there are some");
                Step { rhythm: *episode, seconds: 12.0 }
            }
        });
        let script = Script::new(steps.collect(), Afterwards::Repeat).expect("these steps are in range");
        let patient = PatientSettings::new(random.random(), script);
        Bed { start_after_s: random.random_range(0.0..10.0), ..Bed::new(format!("bed-{number:03}"), patient) }
    });
    Ward { chunk_ms: Ward::DEFAULT_CHUNK_MS, beds: beds.collect() }
}
