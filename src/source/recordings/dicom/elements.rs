//! The encoding of DICOM files: in go bytes, out come data elements and, of the sequences that are asked for, their items.
//!
//! Little endian with explicit or implicit value representation (DICOM PS3.5 chapter 7 and PS3.10 chapter 7). Only what is asked
//! for is kept: names of patients are passed over with everything else. Every length is compared with what is there, and
//! sequences may lie in one another sixteen deep.
//!
//! There is a crate for this, dicom-object. It brings tables of character sets under a licence that this project does not take
//! in, and its errors do not say where in the file they arose.

use std::{path::Path, str::FromStr};

use super::super::{error::RecordError, record::shortened};

/// A tag: group and element.
pub type Tag = (u16, u16);

/// How deep sequences may lie in one another.
const MAX_DEPTH: usize = 16;
/// The most items of a sequence that is asked for: multiplex groups, channels.
const MAX_ITEMS: usize = 256;
/// A length that is not stated: the end is marked.
const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
/// Value representations whose length has four bytes.
const LONG: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

/// What is asked for: a tag, and for a sequence what is asked for in its items.
#[derive(Debug)]
pub struct Wanted {
    /// The tag.
    pub tag: Tag,
    /// What of its items; none for what is no sequence.
    pub items: Option<&'static [Wanted]>,
}

/// The elements of a data set, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Elements<'a> {
    found: Vec<Element<'a>>,
    /// The byte at which the data set begins, for errors about what is not there.
    byte: usize,
}

#[derive(Clone, Debug)]
struct Element<'a> {
    tag: Tag,
    /// The byte at which its value begins.
    byte: usize,
    content: Content<'a>,
}

#[derive(Clone, Debug)]
enum Content<'a> {
    Bytes(&'a [u8]),
    Items(Vec<Elements<'a>>),
}

/// A file that is read.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Its path, for errors.
    pub path: &'a Path,
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Does each element state its value representation?
    pub is_explicit: bool,
}

/// The beginning of an element: tag, is it said to be a sequence, length.
struct Head {
    tag: Tag,
    is_sequence: bool,
    is_unknown: bool,
    length: u32,
}

impl<'a> Reader<'a> {
    /// The elements that are asked for between two places in the file; `until` ends the reading at the first tag of a later group.
    pub fn elements(
        &self,
        from: usize,
        to: usize,
        until: u16,
        wanted: &'static [Wanted],
    ) -> Result<(Elements<'a>, usize), RecordError> {
        self.data_set(from, Some(to), until, wanted, 0)
    }

    /// Elements up to `end`, or to the mark that ends the item where that is not stated. Gives the place behind them.
    fn data_set(
        &self,
        from: usize,
        end: Option<usize>,
        until: u16,
        wanted: &'static [Wanted],
        depth: usize,
    ) -> Result<(Elements<'a>, usize), RecordError> {
        let mut elements = Elements { found: Vec::new(), byte: from };
        let mut at = from;
        let limit = end.unwrap_or(self.bytes.len());
        loop {
            if end == Some(at) || self.tag(at).is_some_and(|tag| tag.0 > until && tag.0 != ITEM.0) {
                return Ok((elements, at));
            }
            let (head, value) = self.head(at, limit)?;
            if head.tag == ITEM_END && end.is_none() {
                return Ok((elements, value));
            }
            let asked = wanted.iter().find(|wanted| wanted.tag == head.tag);
            let is_asked_sequence = asked.is_some_and(|wanted| wanted.items.is_some());
            if is_asked_sequence || head.is_sequence || head.length == UNDEFINED {
                let inner = asked.and_then(|wanted| wanted.items);
                // What is of unknown representation and of no stated length is implicit (PS3.5, 6.2.2).
                let reader = Reader { is_explicit: self.is_explicit && !head.is_unknown, ..*self };
                let (items, behind) = reader.items(value, head.length, limit, inner, depth + 1)?;
                if inner.is_some() && !elements.has(head.tag) {
                    elements.found.push(Element { tag: head.tag, byte: value, content: Content::Items(items) });
                }
                at = behind;
            } else {
                let bytes = self.value(value, head.length as usize, limit, "the value of an element")?;
                if asked.is_some() && !elements.has(head.tag) {
                    elements.found.push(Element { tag: head.tag, byte: value, content: Content::Bytes(bytes) });
                }
                at = value + bytes.len();
            }
        }
    }

    /// The items of a sequence; empty where nothing of them is asked for. Gives the place behind it.
    fn items(
        &self,
        from: usize,
        length: u32,
        limit: usize,
        wanted: Option<&'static [Wanted]>,
        depth: usize,
    ) -> Result<(Vec<Elements<'a>>, usize), RecordError> {
        if depth > MAX_DEPTH {
            return Err(self.bad(from, "the sequence", depth.to_string(), "less deep in others than 16"));
        }
        let end = match length {
            UNDEFINED => None,
            _ => Some(from + self.value(from, length as usize, limit, "a sequence")?.len()),
        };
        let mut items = Vec::new();
        let mut at = from;
        loop {
            if end == Some(at) {
                return Ok((items, at));
            }
            let (head, value) = self.head(at, end.unwrap_or(limit))?;
            match head.tag {
                SEQUENCE_END if end.is_none() => return Ok((items, value)),
                ITEM => {}
                _ => return Err(self.bad(at, "the tag", shown(head.tag), "that of an item, (FFFE,E000)")),
            }
            let item_end = match head.length {
                UNDEFINED => None,
                length => {
                    let item = self.value(value, length as usize, end.unwrap_or(limit), "an item")?;
                    Some(value + item.len())
                }
            };
            let (item, behind) = self.data_set(value, item_end, u16::MAX, wanted.unwrap_or_default(), depth)?;
            if wanted.is_some() {
                if items.len() == MAX_ITEMS {
                    return Err(self.bad(at, "the item", MAX_ITEMS.to_string(), "one of at most 256"));
                }
                items.push(item);
            }
            at = behind;
        }
    }

    fn tag(&self, at: usize) -> Option<Tag> {
        let bytes = self.bytes.get(at..)?.get(..4)?;
        Some((u16::from_le_bytes([bytes[0], bytes[1]]), u16::from_le_bytes([bytes[2], bytes[3]])))
    }

    /// The beginning of the element at this place, and where its value begins.
    fn head(&self, at: usize, limit: usize) -> Result<(Head, usize), RecordError> {
        let start = self.value(at, 8, limit, "the beginning of an element")?;
        let tag = self.tag(at).unwrap_or_default();
        let four = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        if !self.is_explicit || tag.0 == ITEM.0 {
            let head = Head { tag, is_sequence: false, is_unknown: false, length: four(&start[4..]) };
            return Ok((head, at + 8));
        }
        let representation = [start[4], start[5]];
        if !representation.iter().all(u8::is_ascii_uppercase) {
            let value = representation.map(char::from).iter().collect();
            return Err(self.bad(at + 4, "the value representation", value, "of two letters"));
        }
        let (is_sequence, is_unknown) = (&representation == b"SQ", &representation == b"UN");
        if LONG.contains(&&representation) {
            let length = four(self.value(at + 8, 4, limit, "the beginning of an element")?);
            return Ok((Head { tag, is_sequence, is_unknown, length }, at + 12));
        }
        let length = u32::from(u16::from_le_bytes([start[6], start[7]]));
        Ok((Head { tag, is_sequence, is_unknown, length }, at + 8))
    }

    /// So many bytes from a place on, which must lie before the limit.
    fn value(&self, at: usize, length: usize, limit: usize, what: &'static str) -> Result<&'a [u8], RecordError> {
        let room = self.bytes.get(at..limit.min(self.bytes.len())).unwrap_or_default();
        room.get(..length).ok_or_else(|| RecordError::Beyond {
            path: self.path.to_owned(),
            byte: at as u64,
            what,
            bytes: length as u64,
            left: room.len() as u64,
        })
    }

    /// An error about what stands at a place.
    pub fn bad(&self, byte: usize, field: &'static str, value: String, expected: &'static str) -> RecordError {
        RecordError::Field { path: self.path.to_owned(), byte: byte as u64, field, value, expected }
    }
}

impl<'a> Elements<'a> {
    /// The byte at which the data set begins.
    pub fn byte(&self) -> usize {
        self.byte
    }

    fn has(&self, tag: Tag) -> bool {
        self.found.iter().any(|element| element.tag == tag)
    }

    /// The items of a sequence; none where it is not there.
    pub fn items(&self, tag: Tag) -> &[Elements<'a>] {
        self.found.iter().find(|element| element.tag == tag).map_or(&[], |element| match &element.content {
            Content::Items(items) => items,
            Content::Bytes(_) => &[],
        })
    }

    /// The bytes of a value and where they begin; `None` where it is not there.
    pub fn bytes(&self, tag: Tag) -> Option<(&'a [u8], usize)> {
        let element = self.found.iter().find(|element| element.tag == tag)?;
        match element.content {
            Content::Bytes(bytes) => Some((bytes, element.byte)),
            Content::Items(_) => None,
        }
    }

    /// The first value of a text, without blanks around it; empty where it is not there. What is not ASCII is taken for Latin-1.
    pub fn text(&self, tag: Tag) -> String {
        let bytes = self.bytes(tag).map_or(&[][..], |(bytes, _)| bytes);
        let text: String = bytes.iter().take_while(|byte| **byte != b'\\').map(|byte| char::from(*byte)).collect();
        text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
    }

    /// A number that is written as text; `None` where there is none. It must be finite.
    pub fn decimal(&self, reader: &Reader, tag: Tag, field: &'static str) -> Result<Option<f64>, RecordError> {
        let text = self.text(tag);
        if text.is_empty() {
            return Ok(None);
        }
        let number = f64::from_str(&text).ok().filter(|number| number.is_finite());
        let byte = self.bytes(tag).map_or(self.byte, |(_, byte)| byte);
        number.map(Some).ok_or_else(|| reader.bad(byte, field, shortened(&text), "a finite number"))
    }

    /// A whole number of two or four bytes that must be there and hold.
    pub fn whole(
        &self,
        reader: &Reader,
        tag: Tag,
        field: &'static str,
        expected: &'static str,
        holds: impl Fn(u32) -> bool,
    ) -> Result<u32, RecordError> {
        let Some((bytes, byte)) = self.bytes(tag) else {
            return Err(reader.bad(self.byte, field, String::new(), "stated"));
        };
        let number = match bytes {
            [a, b] => u32::from(u16::from_le_bytes([*a, *b])),
            [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
            _ => {
                return Err(reader.bad(byte, field, format!("{} bytes", bytes.len()), "a number of two or four bytes"));
            }
        };
        if holds(number) { Ok(number) } else { Err(reader.bad(byte, field, number.to_string(), expected)) }
    }
}

/// A tag as it is written: `(5400,0100)`.
fn shown(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.0, tag.1)
}
