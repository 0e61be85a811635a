//! The script of one heart: rhythms in a row, checked when made.
//!
//! In: steps. Out: a [`Script`] that cannot fail later, or a [`ScriptError`] that says what is wrong.

use super::Rhythm;

/// One step of a [`Script`]: a rhythm and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What the heart does.
    pub rhythm: Rhythm,
    /// For how many seconds.
    pub seconds: f64,
}

/// What happens after the last step of a [`Script`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Afterwards {
    /// The last rhythm stays.
    #[default]
    Hold,
    /// The script begins again.
    Repeat,
}

/// What happens to one heart over time. Checked when made, so that a patient cannot fail later.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    steps: Vec<Step>,
    afterwards: Afterwards,
}

/// Why steps make no script.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScriptError {
    /// No step at all.
    #[error("script has no step; give at least one rhythm")]
    Empty,
    /// A step that is too short or endless.
    #[error("step {step} lasts {seconds} s; give {min} to {max} s", min = Script::MIN_STEP_S, max = Script::MAX_STEP_S)]
    Duration {
        /// Which step, from 1.
        step: usize,
        /// What was asked for.
        seconds: f64,
    },
    /// A rate that the rhythm cannot have.
    #[error("{key} of {rhythm} is {value}; give {min} to {max}")]
    OutOfRange {
        /// Name of the rhythm.
        rhythm: &'static str,
        /// Which number.
        key: &'static str,
        /// What was asked for.
        value: f64,
        /// The least allowed.
        min: f64,
        /// The most allowed.
        max: f64,
    },
}

impl Script {
    /// The shortest step in seconds: time for one slow beat.
    pub const MIN_STEP_S: f64 = 2.0;
    /// The longest step in seconds: a year.
    pub const MAX_STEP_S: f64 = 31_536_000.0;

    /// Checks and keeps the steps.
    pub fn new(steps: Vec<Step>, afterwards: Afterwards) -> Result<Script, ScriptError> {
        if steps.is_empty() {
            return Err(ScriptError::Empty);
        }
        for (index, step) in steps.iter().enumerate() {
            if !(Self::MIN_STEP_S..=Self::MAX_STEP_S).contains(&step.seconds) {
                return Err(ScriptError::Duration { step: index + 1, seconds: step.seconds });
            }
            step.rhythm.check()?;
        }
        Ok(Script { steps, afterwards })
    }

    /// One rhythm for ever.
    pub fn only(rhythm: Rhythm) -> Result<Script, ScriptError> {
        Script::new(vec![Step { rhythm, seconds: 60.0 }], Afterwards::Hold)
    }

    /// The steps in their order; never empty.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What follows the last step.
    pub fn afterwards(&self) -> Afterwards {
        self.afterwards
    }

    /// How long one pass takes, in seconds.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }

    /// The rhythm of step `index`, counted on past the end, and when it ends if it began at `from_s`
    /// (infinity when it stays).
    pub(crate) fn step_at(&self, index: usize, from_s: f64) -> (Rhythm, f64) {
        let step = self.steps[index % self.steps.len()];
        let stays = self.afterwards == Afterwards::Hold && index + 1 >= self.steps.len();
        (step.rhythm, if stays { f64::INFINITY } else { from_s + step.seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_scripts_say_what_is_wrong() {
        let error = |rhythm, seconds| {
            Script::new(vec![Step { rhythm, seconds }], Afterwards::Hold).expect_err("impossible").to_string()
        };
        assert_eq!(Script::new(vec![], Afterwards::Hold), Err(ScriptError::Empty));
        assert_eq!(error(Rhythm::Sinus { rate_bpm: 400.0 }, 10.0), "rate_bpm of sinus is 400; give 15 to 300");
        assert!(error(Rhythm::Sinus { rate_bpm: f64::NAN }, 10.0).contains("NaN"));
        assert!(error(Rhythm::Asystole, 0.0).contains("step 1 lasts 0 s"));
        assert!(error(Rhythm::Asystole, f64::INFINITY).contains("step 1 lasts inf s"));
        let crowded = Rhythm::SinusWithPvcs { rate_bpm: 60.0, pvcs_per_min: 30.0 };
        assert!(error(crowded, 10.0).contains("give 0.1 to 20"));
    }

    #[test]
    fn a_script_holds_or_repeats() {
        let steps = vec![
            Step { rhythm: Rhythm::Asystole, seconds: 5.0 },
            Step { rhythm: Rhythm::VentricularFibrillation, seconds: 6.0 },
        ];
        let holds = Script::new(steps.clone(), Afterwards::Hold).unwrap();
        assert_eq!(holds.step_at(0, 0.0), (Rhythm::Asystole, 5.0));
        assert_eq!(holds.step_at(1, 5.0), (Rhythm::VentricularFibrillation, f64::INFINITY));
        let repeats = Script::new(steps, Afterwards::Repeat).unwrap();
        assert_eq!(repeats.step_at(3, 16.0), (Rhythm::VentricularFibrillation, 22.0));
    }
}
