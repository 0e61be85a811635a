//! A writer of DICOM waveform objects, for the tests alone and independent of what reads them.

/// How a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Does each element state its value representation?
    pub is_explicit: bool,
    /// Are the lengths of sequences and items stated, or is their end marked?
    pub states_lengths: bool,
}

/// Explicit, lengths stated.
pub const EXPLICIT: Encoding = Encoding { is_explicit: true, states_lengths: true };

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(&'static str, String),
    /// A number of two bytes.
    Short(u16),
    /// A number of four bytes.
    Long(u32),
    /// Samples, or what else has 16 bits.
    Words(Vec<i16>),
    /// Items of a sequence.
    Items(Vec<DataSet>),
}

/// Elements in the order of their tags.
pub type DataSet = Vec<((u16, u16), Value)>;

/// A text.
pub fn text(representation: &'static str, text: &str) -> Value {
    Value::Text(representation, text.to_owned())
}

/// A channel of this lead by its ISO/IEEE 11073 number.
pub fn channel(number: u32, sensitivity_uv: &str, baseline_uv: &str) -> DataSet {
    let code = |value: &str, scheme| {
        Value::Items(vec![vec![((8, 0x100), text("SH", value)), ((8, 0x102), text("SH", scheme))]])
    };
    vec![
        ((0x3a, 0x208), code(&format!("2:{number}"), "MDC")),
        ((0x3a, 0x210), text("DS", sensitivity_uv)),
        ((0x3a, 0x211), code("uV", "UCUM")),
        ((0x3a, 0x213), text("DS", baseline_uv)),
    ]
}

/// A multiplex group; `samples` has a row for each channel.
pub fn group(rate_hz: &str, offset_ms: &str, channels: Vec<DataSet>, samples: &[Vec<i16>]) -> DataSet {
    let length = samples[0].len();
    let words = (0..length).flat_map(|sample| samples.iter().map(move |row| row[sample])).collect();
    vec![
        ((0x18, 0x1068), text("DS", offset_ms)),
        ((0x3a, 0x4), text("CS", "ORIGINAL")),
        ((0x3a, 0x5), Value::Short(u16::try_from(samples.len()).unwrap())),
        ((0x3a, 0x10), Value::Long(u32::try_from(length).unwrap())),
        ((0x3a, 0x1a), text("DS", rate_hz)),
        ((0x3a, 0x200), Value::Items(channels)),
        ((0x5400, 0x1004), Value::Short(16)),
        ((0x5400, 0x1006), text("CS", "SS")),
        ((0x5400, 0x1010), Value::Words(words)),
    ]
}

/// A general ECG with these groups.
pub fn object(groups: Vec<DataSet>) -> DataSet {
    vec![
        ((8, 0x16), text("UI", "1.2.840.10008.5.1.4.1.1.9.1.2")),
        ((0x10, 0x10), text("PN", "Nobody^Made")),
        ((0x5400, 0x100), Value::Items(groups)),
    ]
}

/// The bytes of a file.
pub fn bytes(object: &DataSet, encoding: Encoding) -> Vec<u8> {
    let syntax = if encoding.is_explicit { "1.2.840.10008.1.2.1" } else { "1.2.840.10008.1.2" };
    file(object, encoding, syntax)
}

/// The bytes of a file that says that it has this transfer syntax.
pub fn file(object: &DataSet, encoding: Encoding, syntax: &str) -> Vec<u8> {
    let of_file = encoded(&vec![((2, 0x10), text("UI", syntax))], EXPLICIT);
    let length = u32::try_from(of_file.len()).unwrap();
    let group_length = encoded(&vec![((2, 0), Value::Long(length))], EXPLICIT);
    [vec![0; 128], b"DICM".to_vec(), group_length, of_file, encoded(object, encoding)].concat()
}

fn encoded(elements: &DataSet, encoding: Encoding) -> Vec<u8> {
    elements.iter().flat_map(|(tag, value)| element(*tag, value, encoding)).collect()
}

fn element(tag: (u16, u16), value: &Value, encoding: Encoding) -> Vec<u8> {
    let (representation, content) = match value {
        Value::Text(representation, text) => {
            let mut content = text.as_bytes().to_vec();
            if content.len() % 2 == 1 {
                content.push(if *representation == "UI" { 0 } else { b' ' });
            }
            (*representation, content)
        }
        Value::Short(number) => ("US", number.to_le_bytes().to_vec()),
        Value::Long(number) => ("UL", number.to_le_bytes().to_vec()),
        Value::Words(words) => ("OW", words.iter().flat_map(|word| word.to_le_bytes()).collect()),
        Value::Items(items) => {
            let mut content: Vec<u8> = items.iter().flat_map(|item| self::item(item, encoding)).collect();
            if !encoding.states_lengths {
                content.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
            }
            ("SQ", content)
        }
    };
    let is_open = !encoding.states_lengths && representation == "SQ";
    let length = if is_open { u32::MAX } else { u32::try_from(content.len()).unwrap() };
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    if !encoding.is_explicit {
        bytes.extend(length.to_le_bytes());
    } else if ["OW", "SQ"].contains(&representation) {
        bytes.extend([representation.as_bytes(), &[0, 0], &length.to_le_bytes()].concat());
    } else {
        bytes.extend([representation.as_bytes(), &u16::try_from(length).unwrap().to_le_bytes()].concat());
    }
    bytes.extend(content);
    bytes
}

fn item(elements: &DataSet, encoding: Encoding) -> Vec<u8> {
    let content = encoded(elements, encoding);
    let mut bytes = vec![0xfe, 0xff, 0x00, 0xe0];
    if encoding.states_lengths {
        bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        bytes.extend(content);
    } else {
        bytes.extend(u32::MAX.to_le_bytes());
        bytes.extend(content);
        bytes.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
    }
    bytes
}
