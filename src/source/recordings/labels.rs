//! The labels of annotations: in goes the code of an annotation file, out come the mnemonic that WFDB prints
//! and whether it stands for a heartbeat.
//!
//! Codes and mnemonics are those of the WFDB Programmer's Guide, "Annotation Codes".

use std::fmt;

/// What an annotation says: a code from 0 to 49.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(u8);

/// The mnemonic of each code. Codes 15, 17 and 42 to 49 are free for users and print as numbers.
const MNEMONICS: [&str; 50] = [
    " ", "N", "L", "R", "a", "V", "F", "J", "A", "S", // 0 to 9
    "E", "j", "/", "Q", "~", "[15]", "|", "[17]", "s", "T", // 10 to 19
    "*", "D", "\"", "=", "p", "B", "^", "t", "+", "u", // 20 to 29
    "?", "!", "[", "]", "e", "n", "@", "x", "f", "(", // 30 to 39
    ")", "r", "[42]", "[43]", "[44]", "[45]", "[46]", "[47]", "[48]", "[49]", // 40 to 49
];

impl Label {
    /// Normal beat, `N`.
    pub const NORMAL: Label = Label(1);
    /// Premature ventricular contraction, `V`.
    pub const PREMATURE_VENTRICULAR: Label = Label(5);
    /// Atrial premature beat, `A`.
    pub const PREMATURE_ATRIAL: Label = Label(8);
    /// Supraventricular premature or ectopic beat, `S`.
    pub const PREMATURE_SUPRAVENTRICULAR: Label = Label(9);
    /// Fusion of a ventricular and a normal beat, `F`.
    pub const FUSION: Label = Label(6);
    /// Paced beat, `/`.
    pub const PACED: Label = Label(12);
    /// Beat that cannot be classified, `Q`.
    pub const UNCLASSIFIABLE: Label = Label(13);
    /// Change of signal quality, `~`.
    pub const SIGNAL_QUALITY: Label = Label(14);
    /// Isolated artefact that looks like a QRS complex, `|`.
    pub const ARTEFACT: Label = Label(16);
    /// Comment, `"`.
    pub const NOTE: Label = Label(22);
    /// Peak of a P wave, `p`.
    pub const P_WAVE: Label = Label(24);
    /// Pulse of a pacemaker that no beat answers, `^`.
    pub const PACER_PULSE: Label = Label(26);
    /// Peak of a T wave, `t`.
    pub const T_WAVE: Label = Label(27);
    /// Change of rhythm, `+`; the text names the new rhythm.
    pub const RHYTHM: Label = Label(28);
    /// Ventricular flutter wave, `!`.
    pub const FLUTTER_WAVE: Label = Label(31);
    /// Start of ventricular flutter or fibrillation, `[`.
    pub const FIBRILLATION_START: Label = Label(32);
    /// End of ventricular flutter or fibrillation, `]`.
    pub const FIBRILLATION_END: Label = Label(33);
    /// Start of a wave, `(`.
    pub const WAVE_ONSET: Label = Label(39);
    /// End of a wave, `)`.
    pub const WAVE_END: Label = Label(40);

    /// The label of this code; `None` above 49.
    pub fn from_code(code: u8) -> Option<Label> {
        (usize::from(code) < MNEMONICS.len()).then_some(Label(code))
    }

    /// The code in an annotation file.
    pub fn code(self) -> u8 {
        self.0
    }

    /// The label of this mnemonic.
    pub fn from_mnemonic(mnemonic: &str) -> Option<Label> {
        MNEMONICS.iter().position(|known| *known == mnemonic).map(|code| Label(code as u8))
    }

    /// The mnemonic as WFDB prints it, such as `N` or `V`.
    pub fn mnemonic(self) -> &'static str {
        MNEMONICS.get(usize::from(self.0)).copied().unwrap_or(" ")
    }

    /// Does it mark a heartbeat?
    ///
    /// Yes for the beat annotations of `PhysioBank`: `N L R B A a J S V r F e j n E / f Q ?`. Flutter waves (`!`)
    /// and blocked P waves (`x`) are none.
    pub fn is_beat(self) -> bool {
        matches!(self.0, 1..=13 | 25 | 30 | 34 | 35 | 38 | 41)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.mnemonic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_mnemonic_lead_to_each_other() {
        for code in 0..50 {
            let label = Label::from_code(code).unwrap();
            assert_eq!(label.code(), code);
            assert_eq!(Label::from_mnemonic(label.mnemonic()), Some(label));
        }
        assert_eq!(Label::from_code(50), None);
        assert_eq!(Label::from_mnemonic("NORMAL"), None);
    }

    #[test]
    fn beats_are_beats() {
        let beats: String = (0..50).filter_map(Label::from_code).filter(|l| l.is_beat()).map(Label::mnemonic).collect();
        let mut beats: Vec<char> = beats.chars().collect();
        let mut listed: Vec<char> = "NLRBAaJSVrFejnE/fQ?".chars().collect();
        beats.sort_unstable();
        listed.sort_unstable();
        assert_eq!(beats, listed);
    }

    #[test]
    fn names_carry_the_mnemonic_they_state() {
        for (label, mnemonic) in [
            (Label::NORMAL, "N"),
            (Label::PREMATURE_VENTRICULAR, "V"),
            (Label::PREMATURE_ATRIAL, "A"),
            (Label::PREMATURE_SUPRAVENTRICULAR, "S"),
            (Label::FUSION, "F"),
            (Label::PACED, "/"),
            (Label::UNCLASSIFIABLE, "Q"),
            (Label::SIGNAL_QUALITY, "~"),
            (Label::ARTEFACT, "|"),
            (Label::NOTE, "\""),
            (Label::PACER_PULSE, "^"),
            (Label::P_WAVE, "p"),
            (Label::T_WAVE, "t"),
            (Label::RHYTHM, "+"),
            (Label::FLUTTER_WAVE, "!"),
            (Label::FIBRILLATION_START, "["),
            (Label::FIBRILLATION_END, "]"),
            (Label::WAVE_ONSET, "("),
            (Label::WAVE_END, ")"),
        ] {
            assert_eq!(label.to_string(), mnemonic);
        }
    }
}
