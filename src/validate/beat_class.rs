//! The beat classes of ANSI/AAMI EC57: in goes the label of an annotation, out comes the class it is counted in.

use serde::Serialize;

use crate::source::recordings::Label;

/// A class of beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum BeatClass {
    /// Any beat that is none of the others, bundle branch block and escape beats included.
    N,
    /// Supraventricular ectopic.
    S,
    /// Ventricular ectopic.
    V,
    /// Fusion of a ventricular and a normal beat.
    F,
    /// Paced, fusion of a paced and a normal beat, or not to be classified.
    Q,
}

impl BeatClass {
    /// All classes in the order of the tables.
    pub const ALL: [BeatClass; 5] = [BeatClass::N, BeatClass::S, BeatClass::V, BeatClass::F, BeatClass::Q];

    /// The class of a label; none if it does not mark a beat.
    pub fn of(label: Label) -> Option<BeatClass> {
        Some(match label.mnemonic() {
            "N" | "L" | "R" | "B" | "e" | "j" | "n" => BeatClass::N,
            "A" | "a" | "J" | "S" => BeatClass::S,
            "V" | "r" | "E" => BeatClass::V,
            "F" => BeatClass::F,
            "/" | "f" | "Q" | "?" => BeatClass::Q,
            _ => return None,
        })
    }

    /// The class that a detector names by a WFDB code or in a word; what is not understood is unclassified, Q.
    pub fn named(name: &str) -> BeatClass {
        if let Some(class) = Label::from_mnemonic(name).and_then(BeatClass::of) {
            return class;
        }
        match name.to_lowercase().as_str() {
            "normal" => BeatClass::N,
            "supraventricular" => BeatClass::S,
            "ventricular" => BeatClass::V,
            "fusion" => BeatClass::F,
            _ => BeatClass::Q,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beat_has_a_class_and_nothing_else_has() {
        for label in (0..50).filter_map(Label::from_code) {
            assert_eq!(BeatClass::of(label).is_some(), label.is_beat(), "{label}");
        }
    }

    #[test]
    fn classes_are_named_by_code_or_word() {
        for (name, class) in [
            ("N", BeatClass::N),
            ("L", BeatClass::N),
            ("a", BeatClass::S),
            ("E", BeatClass::V),
            ("F", BeatClass::F),
            ("/", BeatClass::Q),
            ("Ventricular", BeatClass::V),
            ("+", BeatClass::Q),
            ("premature", BeatClass::Q),
        ] {
            assert_eq!(BeatClass::named(name), class, "{name}");
        }
    }
}
