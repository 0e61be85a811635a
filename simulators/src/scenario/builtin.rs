//! The ward for those who bring no scenario file.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Bed, Ward};
use crate::{
    patient::PatientSettings,
    rhythm::{Afterwards, Rhythm, Script, Step},
};

/// A ward of `beds` beds named `bed-01`, `bed-02` and so on. The first patient has 12 s of asystole from 20 s on and recovers; the second
/// has atrial fibrillation, the third premature ventricular complexes, all others sinus rhythm of 52 to 98 a minute.
pub fn ward(beds: usize, seed: u64) -> Ward {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let beds = (0..beds).map(|index| {
        let sinus = Rhythm::Sinus { rate_bpm: f64::from(random.random_range(52_u32..=98)) };
        let patient = PatientSettings::new(random.random(), script(index, sinus));
        Bed::new(format!("bed-{:02}", index + 1), patient)
    });
    Ward { chunk_ms: Ward::DEFAULT_CHUNK_MS, beds: beds.collect() }
}

fn script(index: usize, sinus: Rhythm) -> Script {
    let steps = match index {
        0 => vec![(sinus, 20.0), (Rhythm::Asystole, 12.0), (sinus, 60.0)],
        1 => vec![(Rhythm::AtrialFibrillation { rate_bpm: 92.0 }, 60.0)],
        2 => vec![(Rhythm::SinusWithPvcs { rate_bpm: 74.0, pvcs_per_min: 7.0 }, 60.0)],
        _ => vec![(sinus, 60.0)],
    };
    let steps = steps.into_iter().map(|(rhythm, seconds)| Step { rhythm, seconds }).collect();
    Script::new(steps, Afterwards::Hold).expect("the built-in scripts are in range (this is a bug)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::Patient;

    #[test]
    fn the_first_patient_stops_at_20_s_and_comes_back() {
        let ward = ward(8, 1);
        let truth = Patient::new(ward.beds[0].patient.clone()).unwrap().truth_until(60.0);
        let names: Vec<_> = truth.episodes.iter().map(|episode| (episode.rhythm.name(), episode.from_s)).collect();
        assert_eq!(names, [("sinus", 0.0), ("asystole", 20.0), ("sinus", 32.0)]);
        let second = &ward.beds[1].patient.script.steps()[0].rhythm;
        assert_eq!(second.name(), "atrial-fibrillation");
        assert_eq!(ward.beds[7].stream_id, "bed-08");
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(ward(5, 7), ward(5, 7));
        assert_ne!(ward(5, 7), ward(5, 8));
        assert_eq!(ward(5, 7).beds[..3], ward(3, 7).beds, "a larger ward keeps the patients of a smaller one");
    }
}
