//! Patterns of words, and the matcher that finds the longest of them.
//!
//! In go the tokens of a text and entries of a lexicon, out come [`Mention`]s from left to right, none overlapping another.
//! A pattern is a row of slots with blanks between them; hyphens in the text count as blanks.
//!
//! | slot | matches |
//! | --- | --- |
//! | `wave\|waves` | one of these words |
//! | `segment?` | the word, or nothing |
//! | `_` | up to six words that join a subject to what is said of it ([`JOINING`]), and any leads that are named between |
//! | `...` | up to six tokens of the same sentence |
//! | `#` | a number |
//! | `>` | nothing; what follows must be there but is no part of the mention |

use std::collections::HashMap;

use super::super::tokens::Token;
use super::scope::ends_sentence;

/// Words between a subject and what is said of it.
pub const JOINING: &str = "is are was were be been appear appears remain remains look looks seem seems also all both a an the \
    very slightly mildly moderately markedly significantly clearly consistently always well minimally symmetrically deeply \
    diffusely relatively show shows showing demonstrate demonstrates display displays reveal reveals \
    exhibit exhibits have has no not any significant to at each every or acute upsloping some generally \
    mostly being complex complexes";
/// The longest `_` and the longest `...`.
const LONGEST_GAP: usize = 6;

/// Something that the lexicon knows, with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mention<T> {
    /// First token.
    pub first: usize,
    /// Last token.
    pub last: usize,
    /// What it means.
    pub meaning: T,
}

/// A pattern and what it means.
pub type Entry<T> = (&'static str, T);

/// Patterns by the words they may begin with.
#[derive(Debug)]
pub struct Lexicon<T> {
    patterns: Vec<(Vec<&'static str>, T)>,
    by_first: HashMap<&'static str, Vec<usize>>,
}

impl<T: Copy> Lexicon<T> {
    /// The entries of all these tables.
    pub fn new(tables: &[&[Entry<T>]]) -> Lexicon<T> {
        let mut lexicon = Lexicon { patterns: Vec::new(), by_first: HashMap::new() };
        for (pattern, meaning) in tables.iter().flat_map(|table| table.iter()) {
            let slots: Vec<&'static str> = pattern.split(' ').collect();
            let place = lexicon.patterns.len();
            for slot in &slots {
                let words = slot.strip_suffix('?').unwrap_or(slot);
                for word in words.split('|') {
                    lexicon.by_first.entry(word).or_default().push(place);
                }
                if !slot.ends_with('?') {
                    break;
                }
            }
            lexicon.patterns.push((slots, *meaning));
        }
        lexicon
    }

    /// Every mention, from left to right; of several patterns at one place the longest, and of those the first.
    pub fn mentions(&self, tokens: &[Token<'_>], in_leads: &[bool]) -> Vec<Mention<T>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let candidates = tokens[at].word().and_then(|word| self.by_first.get(word)).into_iter().flatten();
            let ends = candidates.filter_map(|place| {
                let (slots, meaning) = &self.patterns[*place];
                let end = end_of(tokens, in_leads, at, slots).filter(|end| *end > at)?;
                Some((end, *meaning))
            });
            let longest = ends.reduce(|best, next| if next.0 > best.0 { next } else { best });
            if let Some((end, meaning)) = longest {
                found.push(Mention { first: at, last: end - 1, meaning });
                at = end;
            } else {
                at += 1;
            }
        }
        found
    }
}

/// The token after a match of `slots` that begins at `at`.
fn end_of(tokens: &[Token<'_>], in_leads: &[bool], at: usize, slots: &[&str]) -> Option<usize> {
    let Some((slot, rest)) = slots.split_first() else { return Some(at) };
    match *slot {
        ">" => end_of(tokens, in_leads, at, rest).map(|_| at),
        "..." => {
            let longest =
                tokens[at.min(tokens.len())..].iter().take(LONGEST_GAP).take_while(|token| !ends_sentence(token));
            (0..=longest.count()).find_map(|skipped| end_of(tokens, in_leads, at + skipped, rest))
        }
        "_" => {
            let (mut next, mut words) = (at, 0);
            loop {
                if let Some(end) = end_of(tokens, in_leads, next, rest) {
                    return Some(end);
                }
                let token = tokens.get(next)?;
                // "In V1-V3" counts as nothing.
                let article = usize::from(tokens.get(next + 1).is_some_and(|token| token.is("the")));
                let names_leads =
                    in_leads[next] || (token.is_among("in the") && in_leads.get(next + 1 + article) == Some(&true));
                let joins = token.is_among(JOINING) || token.is_mark(&['-', ':']);
                words += usize::from(!names_leads);
                if !(names_leads || joins) || words > LONGEST_GAP {
                    return None;
                }
                next += 1;
            }
        }
        "#" | "#?" => {
            let number = tokens.get(at).and_then(Token::number).and_then(|_| end_of(tokens, in_leads, at + 1, rest));
            number.or_else(|| (*slot == "#?").then(|| end_of(tokens, in_leads, at, rest)).flatten())
        }
        word => {
            let (word, optional) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
            let hyphens = tokens[at.min(tokens.len())..].iter().take_while(|token| token.is_mark(&['-'])).count();
            let here = tokens.get(at + hyphens).and_then(Token::word);
            let matched = here
                .filter(|here| word.split('|').any(|known| known == *here))
                .and_then(|_| end_of(tokens, in_leads, at + hyphens + 1, rest));
            matched.or_else(|| optional.then(|| end_of(tokens, in_leads, at, rest)).flatten())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tokens::tokens;
    use super::*;

    #[test]
    fn the_longest_pattern_wins_and_gaps_join() {
        let text = "st-segment elevation; the st segments are markedly elevated. p waves precede each qrs, p waves";
        let lexicon = [
            ("st segment|segments? elevation", 'a'),
            ("st segment|segments? _ elevated", 'a'),
            ("st segment|segments", 'b'),
            ("p waves precede > ... qrs", 'c'),
        ];
        let tokens = tokens(text);
        let found: Vec<(char, &str)> = Lexicon::new(&[&lexicon])
            .mentions(&tokens, &vec![false; tokens.len()])
            .iter()
            .map(|mention| (mention.meaning, &text[tokens[mention.first].from..tokens[mention.last].to]))
            .collect();
        let expected =
            [('a', "st-segment elevation"), ('a', "st segments are markedly elevated"), ('c', "p waves precede")];
        assert_eq!(found, expected);
    }
}
