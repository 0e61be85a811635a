//! A writer of EDF files, for the tests alone and independent of what reads them.

/// A signal.
#[derive(Clone, Debug)]
pub struct Signal {
    pub label: &'static str,
    pub units: &'static str,
    pub physical: (String, String),
    pub digital: (String, String),
    pub per_record: usize,
    pub samples: Vec<i16>,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    pub recording: &'static str,
    pub kind: &'static str,
    pub records: String,
    pub record_s: String,
    pub signals: Vec<Signal>,
    /// The annotation lists of each data record, where there is an annotation signal.
    pub annotations: Option<Vec<Vec<u8>>>,
}

/// What stands in a field of a signal.
type Field = fn(&Signal) -> String;

/// Bytes of the annotation signal in a data record.
const ANNOTATION_BYTES: usize = 60;

/// A signal of 16 bits with this many digital units a unit around digital 0.
pub fn signal(label: &'static str, units: &'static str, gain: f64, per_record: usize, samples: Vec<i16>) -> Signal {
    let most = 32_000.0 / gain;
    Signal {
        label,
        units,
        physical: ((-most).to_string(), most.to_string()),
        digital: ("-32000".to_owned(), "32000".to_owned()),
        per_record,
        samples,
    }
}

/// A plain EDF file of data records of a second.
pub fn plain(signals: Vec<Signal>) -> File {
    let records = signals[0].samples.len() / signals[0].per_record;
    File { recording: "", kind: "", records: records.to_string(), record_s: "1".to_owned(), signals, annotations: None }
}

/// The same as EDF+ of this kind, with these annotation lists a data record.
pub fn plus(file: File, kind: &'static str, recording: &'static str, annotations: Vec<Vec<u8>>) -> File {
    File { kind, recording, annotations: Some(annotations), ..file }
}

/// A list that only says when a data record begins.
pub fn begin(onset: &str) -> Vec<u8> {
    [onset.as_bytes(), b"\x14\x14\0"].concat()
}

impl File {
    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut signals = self.signals.clone();
        if self.annotations.is_some() {
            signals.push(Signal {
                label: "EDF Annotations",
                units: "",
                physical: ("-1".to_owned(), "1".to_owned()),
                digital: ("-32768".to_owned(), "32767".to_owned()),
                per_record: ANNOTATION_BYTES / 2,
                samples: Vec::new(),
            });
        }
        let mut bytes = Vec::new();
        let mut field = |text: &str, length: usize| {
            let text: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
            assert!(text.len() <= length, "{text:?} is longer than {length}");
            bytes.extend_from_slice(&text);
            bytes.resize(bytes.len() + length - text.len(), b' ');
        };
        field("0", 8);
        field("X X X X", 80);
        field(self.recording, 80);
        field("24.12.99", 8);
        field("23.59.58", 8);
        field(&(256 * (1 + signals.len())).to_string(), 8);
        field(self.kind, 44);
        field(&self.records, 8);
        field(&self.record_s, 8);
        field(&signals.len().to_string(), 4);
        // The fields of one kind stand together, signal after signal.
        let kinds: [(usize, Field); 10] = [
            (16, |signal| signal.label.to_owned()),
            (80, |_| String::new()),
            (8, |signal| signal.units.to_owned()),
            (8, |signal| signal.physical.0.clone()),
            (8, |signal| signal.physical.1.clone()),
            (8, |signal| signal.digital.0.clone()),
            (8, |signal| signal.digital.1.clone()),
            (80, |_| String::new()),
            (8, |signal| signal.per_record.to_string()),
            (32, |_| String::new()),
        ];
        for (length, of) in kinds {
            for signal in &signals {
                field(&of(signal), length);
            }
        }
        let records = self.signals[0].samples.len() / self.signals[0].per_record.max(1);
        for record in 0..records {
            for signal in &self.signals {
                let samples = &signal.samples[record * signal.per_record..][..signal.per_record];
                bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            }
            if let Some(lists) = &self.annotations {
                let mut lists = lists[record].clone();
                lists.resize(ANNOTATION_BYTES, 0);
                bytes.extend(lists);
            }
        }
        bytes
    }
}
