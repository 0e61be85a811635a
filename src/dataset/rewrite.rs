//! Texts in other words, by a language model on a server; kept only if they say the same.
//!
//! In: a window and a server. Out: the window with the new text, or why the old one stays. A new text is kept only if the
//! claim checker finds every claim that the old text makes in it again, and no claim that the waveform does not support.

use super::Window;
use super::text::MOST_WORDS;
use crate::chat::{ChatError, ChatServer};
use crate::criteria::examine;
use crate::grounding::{FoundClaim, Verdict, find_claims, ground};

/// Why the old text stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The new text was kept.
    New,
    /// The new text has more than [`MOST_WORDS`] words, or none.
    Length,
    /// These words of the old text have no counterpart in the new one.
    Lost(String),
    /// These words of the new text are not supported by the waveform.
    Unsupported(String),
}

/// What the server is told.
const INSTRUCTIONS: &str = "You rewrite readings of 12-lead ECGs in the words of an experienced cardiologist. Keep every \
    statement: every number with its unit, every lead, every finding and the conclusion. Add nothing. Begin with rhythm and \
    rate. Write one paragraph of natural English of at most 300 words, and answer with that paragraph alone.";

/// Has a text written anew.
pub fn rewrite(server: &ChatServer, window: &mut Window) -> Result<Kept, ChatError> {
    let new = server.ask(INSTRUCTIONS, &window.text)?.trim().to_owned();
    let verdict = compare(window, &new);
    if verdict == Kept::New {
        window.text = new;
    }
    Ok(verdict)
}

/// Does the new text say what the window's says, and nothing that is not so?
fn compare(window: &Window, new: &str) -> Kept {
    let words = new.split_whitespace().count();
    if words == 0 || words > MOST_WORDS {
        return Kept::Length;
    }
    let (before, after) = (find_claims(&window.text), find_claims(new));
    let same =
        |a: &FoundClaim, b: &FoundClaim| a.statement == b.statement && a.is_denied == b.is_denied && a.leads == b.leads;
    if let Some(lost) = before.iter().find(|old| !after.iter().any(|new| same(old, new))) {
        return Kept::Lost(window.text[lost.from..lost.to].to_owned());
    }
    let examination = examine(&window.strip, &window.measurements);
    let grounded = ground(new, &window.measurements, &examination);
    // What cannot be measured may be said only if the old text says it too: it knows the truth.
    let wrong = grounded.claims.iter().zip(&after).find(|(claim, found)| match claim.verdict {
        Verdict::Supported => false,
        Verdict::Contradicted => true,
        Verdict::NotMeasurable => !before.iter().any(|old| same(old, found)),
    });
    wrong.map_or(Kept::New, |(claim, _)| Kept::Unsupported(claim.text.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::{completion, server};
    use crate::dataset::simulated;

    /// A window with a normal ECG.
    fn window() -> Window {
        (0..200)
            .map(|index| simulated::window(5, index))
            .find(|window| window.facts.is_normal())
            .expect("one in eight is normal")
    }

    #[test]
    fn a_text_is_kept_if_it_says_the_same_and_only_then() {
        let original = window();
        let reworded = format!("Reading of this tracing: {}", original.text);
        let rate = original.facts.rate_bpm.unwrap();
        let wrong_rate = original.text.replace(&format!("{rate:.0}"), &format!("{:.0}", rate + 40.0));
        let added = format!("{} The rhythm is atrial fibrillation.", original.text);
        let lost = "This is a normal ECG.".to_owned();
        let answers = [&reworded, &wrong_rate, &added, &lost, &"word ".repeat(301)];
        let (address, received) = server(answers.iter().map(|text| (200, completion(text))).collect());
        let chat = ChatServer::new(&address, "m", None);
        let mut kept = Vec::new();
        for _ in &answers {
            let mut window = original.clone();
            let verdict = rewrite(&chat, &mut window).unwrap();
            assert_eq!(window.text != original.text, verdict == Kept::New);
            kept.push(verdict);
        }
        assert_eq!(kept[0], Kept::New);
        assert!(matches!(kept[1], Kept::Lost(_)), "{:?}", kept[1]);
        assert!(matches!(&kept[2], Kept::Unsupported(words) if words.contains("fibrillation")), "{:?}", kept[2]);
        assert!(matches!(kept[3], Kept::Lost(_)), "{:?}", kept[3]);
        assert_eq!(kept[4], Kept::Length);
        let (_, request) = received.recv().unwrap();
        assert_eq!(request["messages"][1]["content"], original.text);
    }
}
