//! One multiplex group: in goes the item of the waveform sequence, out come its channels with their samples.

use super::super::{
    error::RecordError,
    record::{MAX_SAMPLES, Signal},
};
use super::channel::{self, Channel};
use super::elements::{Elements, Reader, Tag, Wanted};
use crate::ecg::INVALID_SAMPLE;

const TIME_OFFSET: Tag = (0x0018, 0x1068);
const ORIGINALITY: Tag = (0x003a, 0x0004);
const CHANNELS: Tag = (0x003a, 0x0005);
const SAMPLES: Tag = (0x003a, 0x0010);
const FREQUENCY: Tag = (0x003a, 0x001a);
const GROUP_LABEL: Tag = (0x003a, 0x0020);
const DEFINITIONS: Tag = (0x003a, 0x0200);
const BITS: Tag = (0x5400, 0x1004);
const INTERPRETATION: Tag = (0x5400, 0x1006);
const PADDING: Tag = (0x5400, 0x100a);
const DATA: Tag = (0x5400, 0x1010);

/// What is read of a group.
pub const WANTED: &[Wanted] = &[
    Wanted { tag: TIME_OFFSET, items: None },
    Wanted { tag: ORIGINALITY, items: None },
    Wanted { tag: CHANNELS, items: None },
    Wanted { tag: SAMPLES, items: None },
    Wanted { tag: FREQUENCY, items: None },
    Wanted { tag: GROUP_LABEL, items: None },
    Wanted { tag: DEFINITIONS, items: Some(channel::WANTED) },
    Wanted { tag: BITS, items: None },
    Wanted { tag: INTERPRETATION, items: None },
    Wanted { tag: PADDING, items: None },
    Wanted { tag: DATA, items: None },
];

/// A multiplex group that was recorded.
#[derive(Debug)]
pub struct Group<'a> {
    /// The byte at which it begins.
    pub byte: usize,
    /// Samples a second of every channel.
    pub rate_hz: f64,
    /// When its first sample was taken, in seconds after the start of the object.
    pub offset_s: f64,
    /// The channels that are ECG leads, each with its place in the group.
    pub channels: Vec<(usize, Channel)>,
    /// Channels that there are, ECG or not.
    width: usize,
    /// Samples of each channel.
    samples: usize,
    /// Channel after channel, sample after sample.
    data: &'a [u8],
    padding: Option<i16>,
}

impl<'a> Group<'a> {
    /// Reads a group; `None` if it was derived from others. What is not taken is named in `left_out`.
    pub fn read(
        reader: &Reader<'a>,
        item: &Elements<'a>,
        left_out: &mut Vec<String>,
    ) -> Result<Option<Group<'a>>, RecordError> {
        if item.text(ORIGINALITY) == "DERIVED" {
            left_out.push(format!("multiplex group {}: it was derived from the others", item.text(GROUP_LABEL)));
            return Ok(None);
        }
        let whole = |tag, field, expected, holds: &dyn Fn(u32) -> bool| item.whole(reader, tag, field, expected, holds);
        let width = whole(CHANNELS, "the number of channels", "from 1 to 256", &|n| (1..=256).contains(&n))? as usize;
        let samples = whole(SAMPLES, "the number of samples", "fewer", &|n| u64::from(n) <= MAX_SAMPLES)? as usize;
        whole(BITS, "the number of bits a sample", "16", &|bits| bits == 16)?;
        let interpretation = item.text(INTERPRETATION);
        if interpretation != "SS" {
            let byte = item.bytes(INTERPRETATION).map_or(item.byte(), |(_, byte)| byte);
            return Err(reader.bad(byte, "the sample interpretation", interpretation, "SS, signed 16 bits"));
        }
        let definitions = item.items(DEFINITIONS);
        if definitions.len() != width {
            let value = definitions.len().to_string();
            return Err(reader.bad(item.byte(), "the number of channel definitions", value, "that of the channels"));
        }
        let rate_hz = item.decimal(reader, FREQUENCY, "the sampling frequency")?.unwrap_or(0.0);
        if rate_hz <= 0.0 {
            let byte = item.bytes(FREQUENCY).map_or(item.byte(), |(_, byte)| byte);
            return Err(reader.bad(byte, "the sampling frequency", item.text(FREQUENCY), "above 0"));
        }
        let (data, byte) = item.bytes(DATA).unwrap_or((&[], item.byte()));
        let (bytes, left) = ((width * samples * 2) as u64, data.len() as u64);
        if left < bytes {
            let (path, byte) = (reader.path.to_owned(), byte as u64);
            return Err(RecordError::Beyond { path, byte, what: "the waveform data", bytes, left });
        }
        let padding = match item.bytes(PADDING) {
            Some(([low, high], _)) => Some(i16::from_le_bytes([*low, *high])),
            _ => None,
        };
        let mut channels = Vec::new();
        for (place, definition) in definitions.iter().enumerate() {
            let channel = Channel::read(reader, definition)?;
            if signal(&channel, rate_hz, 1).is_ecg() {
                channels.push((place, channel));
            } else {
                left_out.push(format!("{} ({}): it is no voltage, or no ECG by its name", channel.name, channel.units));
            }
        }
        let offset_s = item.decimal(reader, TIME_OFFSET, "the time offset")?.unwrap_or(0.0) / 1000.0;
        Ok(Some(Group { byte: item.byte(), rate_hz, offset_s, channels, width, samples, data, padding }))
    }

    /// Puts the samples of every channel at their place in time, counted from `earliest_s`.
    ///
    /// A channel continues a signal of the same name, rate and calibration; samples that are there already stay.
    pub fn put(
        &self,
        reader: &Reader,
        frame_rate_hz: f64,
        earliest_s: f64,
        signals: &mut Vec<Signal>,
    ) -> Result<(), RecordError> {
        let samples_per_frame = (self.rate_hz / frame_rate_hz).round().max(1.0) as usize;
        for (place, channel) in &self.channels {
            let first = ((self.offset_s - earliest_s + channel.skew.0) * self.rate_hz + channel.skew.1).round();
            if first < 0.0 {
                let value = format!("{} s and {} samples", channel.skew.0, channel.skew.1);
                return Err(reader.bad(self.byte, "the skew of a channel", value, "behind the start of all groups"));
            }
            let end = first + self.samples as f64;
            // The signals that are there already are no longer than this each; all together are compared when all are there.
            if end * (signals.len() + 1) as f64 > MAX_SAMPLES as f64 {
                return Err(RecordError::TooLong { path: reader.path.to_owned(), limit: MAX_SAMPLES });
            }
            let own = signal(channel, self.rate_hz, samples_per_frame);
            let known = signals.iter().position(|signal| {
                signal.samples_per_frame == samples_per_frame
                    && signal.baseline == own.baseline
                    && signal.units == own.units
                    && signal.gain_per_unit.total_cmp(&own.gain_per_unit).is_eq()
                    && signal.description == own.description
            });
            let target = if let Some(known) = known {
                &mut signals[known]
            } else {
                signals.push(own);
                signals.last_mut().expect("a signal was just pushed (this is a bug)")
            };
            let (first, end) = (first as usize, end as usize);
            if target.samples.len() < end {
                target.samples.resize(end, INVALID_SAMPLE);
            }
            for (slot, sample) in target.samples[first..end].iter_mut().zip(self.of_channel(*place, channel)) {
                if *slot == INVALID_SAMPLE {
                    *slot = sample;
                }
            }
        }
        Ok(())
    }

    /// The samples of a channel.
    fn of_channel<'b>(&'b self, place: usize, channel: &'b Channel) -> impl Iterator<Item = i32> + 'b {
        (0..self.samples).map(move |sample| {
            let at = (sample * self.width + place) * 2;
            let stored = self.data.get(at..at + 2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            match stored {
                Some(stored) if Some(stored) != self.padding => channel.scale.digital(stored),
                _ => INVALID_SAMPLE,
            }
        })
    }
}

/// A signal without samples.
fn signal(channel: &Channel, rate_hz: f64, samples_per_frame: usize) -> Signal {
    Signal {
        description: channel.name.clone(),
        units: channel.units.clone(),
        rate_hz,
        samples_per_frame,
        gain_per_unit: channel.scale.gain_per_unit,
        calibrated: channel.is_calibrated,
        baseline: channel.scale.baseline,
        adc_resolution_bits: 16,
        adc_zero: 0,
        samples: Vec::new(),
    }
}
