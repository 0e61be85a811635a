//! Choice of words: one of several templates, its blanks filled in, and lists of leads as people write them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::ecg::{Lead, STANDARD_LEADS};

/// Who speaks: chooses among words that say the same.
#[derive(Debug)]
pub(super) struct Voice {
    random: ChaCha8Rng,
    /// Beats a minute are called one thing throughout a text.
    bpm: &'static str,
    /// ST levels are given in millimetres of paper, or in millivolts.
    in_millimetres: bool,
}

impl Voice {
    pub(super) fn new(mut random: ChaCha8Rng) -> Voice {
        let bpm = ["bpm", "bpm", "beats per minute", "beats/min"][random.random_range(0..4)];
        let in_millimetres = random.random_bool(0.6);
        Voice { random, bpm, in_millimetres }
    }

    /// One of the templates; `{name}` in it becomes the value of that name, `{bpm}` the unit of rates.
    pub(super) fn say(&mut self, templates: &[&str], values: &[(&str, String)]) -> String {
        let mut text = templates[self.random.random_range(0..templates.len())].replace("{bpm}", self.bpm);
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// Does it say what it need not say?
    pub(super) fn chooses(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    /// A height on paper: 0.2 mV is 2 mm.
    pub(super) fn height(&self, mv: f64) -> String {
        if self.in_millimetres { format!("{:.1} mm", 10.0 * mv.abs()) } else { format!("{:.2} mV", mv.abs()) }
    }
}

/// Words in a row: "a", "a and b", "a, b and c".
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Leads as people write them: neighbours in the chest as a range ("V2-V4"), the others one by one.
pub(super) fn leads(leads: &[Lead]) -> String {
    let has = |lead: &Lead| leads.contains(lead);
    let mut words: Vec<String> = STANDARD_LEADS[..6].iter().filter(|lead| has(lead)).map(ToString::to_string).collect();
    let chest = &STANDARD_LEADS[6..];
    let mut from = 0;
    while from < chest.len() {
        let to = from + chest[from..].iter().take_while(|lead| has(lead)).count();
        match to - from {
            0 => from += 1,
            1 | 2 => words.extend(chest[from..to].iter().map(ToString::to_string)),
            _ => words.push(format!("{}-{}", chest[from], chest[to - 1])),
        }
        from = from.max(to);
    }
    listed(&words)
}

/// A whole number.
pub(super) fn whole(value: f64) -> String {
    format!("{:.0}", value.round() + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_are_listed_as_people_write_them() {
        use Lead::{AVF, AVL, I, II, III, V1, V2, V3, V4, V6};
        assert_eq!(leads(&[II, III, AVF]), "II, III and aVF");
        assert_eq!(leads(&[V4, V2, V3]), "V2-V4");
        assert_eq!(leads(&[I, AVL, V1, V2, V6]), "I, aVL, V1, V2 and V6");
        assert_eq!(leads(&[]), "");
    }
}
