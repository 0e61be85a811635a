//! A kind of hostile input: what comes, and what must become of it.

/// One kind, as a row of `docs/hostile-input.md`. `I` is what comes in.
pub struct Kind<I> {
    /// What comes.
    pub name: &'static str,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Makes it.
    pub input: I,
}

/// What becomes of a hostile message or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands on the topic of dead letters as it came, with a reason that has these words.
    DeadLetter(&'static str),
    /// The same for one so long that its dead letter is too long for the broker: key and value are left out.
    BareLetter(&'static str),
    /// It is not used, and counted under this word.
    Dropped(&'static str),
    /// It is used; what that means.
    Used(&'static str),
    /// It is used, and its bed raises this alarm.
    Alarm(&'static str),
    /// It is refused with these words.
    Refused(&'static str),
}

impl Outcome {
    /// As the document has it.
    pub fn words(self) -> String {
        match self {
            Outcome::DeadLetter(words) => format!("dead letter: “{words}”"),
            Outcome::BareLetter(words) => format!("dead letter without key and value, which are too long: “{words}”"),
            Outcome::Dropped(word) => format!("not used, counted as `{word}`"),
            Outcome::Used(what) => format!("used: {what}"),
            Outcome::Alarm(code) => format!("used; its own bed raises `{code}`"),
            Outcome::Refused(words) => format!("refused: “{words}”"),
        }
    }
}

/// A message on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// It is only there for the hostile one to follow: it is used whatever the kind.
    pub is_honest: bool,
}

impl Sent {
    /// A hostile message.
    pub fn hostile(key: &str, value: impl Into<Vec<u8>>) -> Sent {
        Sent { key: Some(key.as_bytes().to_vec()), value: Some(value.into()), is_honest: false }
    }

    /// A message as it should be.
    pub fn honest(key: &str, value: impl Into<Vec<u8>>) -> Sent {
        Sent { is_honest: true, ..Sent::hostile(key, value) }
    }
}
