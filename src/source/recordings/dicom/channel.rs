//! One channel of a multiplex group: in goes its definition, out come the lead and its calibration.

use super::super::{error::RecordError, lead_names::lead_name, scale::Scale};
use super::elements::{Elements, Reader, Tag, Wanted};
use crate::ecg::Lead;

const CODE_VALUE: Tag = (0x0008, 0x0100);
const CODE_SCHEME: Tag = (0x0008, 0x0102);
const CODE_MEANING: Tag = (0x0008, 0x0104);
const LABEL: Tag = (0x003a, 0x0203);
const SOURCE: Tag = (0x003a, 0x0208);
const SENSITIVITY: Tag = (0x003a, 0x0210);
const SENSITIVITY_UNITS: Tag = (0x003a, 0x0211);
const CORRECTION: Tag = (0x003a, 0x0212);
const BASELINE: Tag = (0x003a, 0x0213);
const TIME_SKEW: Tag = (0x003a, 0x0214);
const SAMPLE_SKEW: Tag = (0x003a, 0x0215);

/// What is read of a code.
const OF_CODE: &[Wanted] = &[
    Wanted { tag: CODE_VALUE, items: None },
    Wanted { tag: CODE_SCHEME, items: None },
    Wanted { tag: CODE_MEANING, items: None },
];

/// What is read of a channel.
pub const WANTED: &[Wanted] = &[
    Wanted { tag: LABEL, items: None },
    Wanted { tag: SOURCE, items: Some(OF_CODE) },
    Wanted { tag: SENSITIVITY, items: None },
    Wanted { tag: SENSITIVITY_UNITS, items: Some(OF_CODE) },
    Wanted { tag: CORRECTION, items: None },
    Wanted { tag: BASELINE, items: None },
    Wanted { tag: TIME_SKEW, items: None },
    Wanted { tag: SAMPLE_SKEW, items: None },
];

/// ISO/IEEE 11073 codes of leads are these and the number of the lead.
const LEAD_CODES: u32 = 131_072;

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The name of the lead, or of what else it is.
    pub name: String,
    /// The unit of its sensitivity; `NU` where none is stated.
    pub units: String,
    /// From digital to physical.
    pub scale: Scale,
    /// Is the sensitivity stated?
    pub is_calibrated: bool,
    /// By how many seconds and samples its first sample is later than that of the group.
    pub skew: (f64, f64),
}

impl Channel {
    /// Reads the definition of a channel.
    pub fn read(reader: &Reader, item: &Elements) -> Result<Channel, RecordError> {
        let decimal = |tag, field| item.decimal(reader, tag, field);
        let sensitivity = decimal(SENSITIVITY, "the channel sensitivity")?;
        let correction = decimal(CORRECTION, "the sensitivity correction factor")?.unwrap_or(1.0);
        let baseline = decimal(BASELINE, "the channel baseline")?.unwrap_or(0.0);
        let Some(scale) = Scale::new(sensitivity.unwrap_or(1.0) * correction, baseline) else {
            let byte = item.bytes(SENSITIVITY).map_or(item.byte(), |(_, byte)| byte);
            let value = format!("{} and the baseline {baseline}", item.text(SENSITIVITY));
            return Err(reader.bad(
                byte,
                "the channel sensitivity",
                value,
                "a number above 0 that the baseline fits to",
            ));
        };
        let units = item.items(SENSITIVITY_UNITS).first().map_or_else(String::new, |unit| unit.text(CODE_VALUE));
        let skew = (
            decimal(TIME_SKEW, "the channel time skew")?.unwrap_or(0.0),
            decimal(SAMPLE_SKEW, "the channel sample skew")?.unwrap_or(0.0),
        );
        Ok(Channel {
            name: name(item),
            units: if units.is_empty() { "NU".to_owned() } else { units },
            scale,
            is_calibrated: sensitivity.is_some(),
            skew,
        })
    }
}

/// The lead by its code, or else by its meaning in words, or by its label.
fn name(item: &Elements) -> String {
    let source = item.items(SOURCE).first();
    let coded = source.and_then(|source| lead(&source.text(CODE_SCHEME), &source.text(CODE_VALUE)));
    if let Some(lead) = coded {
        return lead.to_string();
    }
    let meaning = source.map_or_else(String::new, |source| source.text(CODE_MEANING));
    let label = if meaning.is_empty() { item.text(LABEL) } else { meaning };
    match lead_name(&label) {
        "" => "channel".to_owned(),
        name => name.to_owned(),
    }
}

/// A standard lead by its code: `2:1`, `131073` and `MDC_ECG_LEAD_I` of ISO/IEEE 11073 (MDC) and `5.6.3-9-1` of SCP-ECG are lead I;
/// the numbers are the same in both.
fn lead(scheme: &str, code: &str) -> Option<Lead> {
    if let Some(name) = code.strip_prefix("MDC_ECG_LEAD_") {
        return Some(Lead::from_name(name)).filter(|lead| lead.mdc_code().is_some());
    }
    let number = match scheme {
        "MDC" => code.strip_prefix("2:").unwrap_or(code),
        "SCPECG" => code.strip_prefix("5.6.3-9-")?,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Lead::from_mdc_code(number).or_else(|| Lead::from_mdc_code(LEAD_CODES.checked_add(number)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_have_the_same_numbers_in_all_schemes() {
        for (scheme, code, name) in [
            ("MDC", "2:1", Some("I")),
            ("MDC", "2:61", Some("III")),
            ("MDC", "131075", Some("V1")),
            ("SCPECG", "5.6.3-9-62", Some("aVR")),
            ("SCPECG", "5.6.3-9-8", Some("V6")),
            ("SCPECG", "2:1", None),
            ("MDC", "2:4294967295", None),
            ("MDC", "MDC_ECG_LEAD_AVF", Some("aVF")),
            ("MDC", "MDC_ECG_LEAD_C", None),
            ("99LOCAL", "2:1", None),
        ] {
            assert_eq!(lead(scheme, code).as_ref().map(Lead::name), name, "{scheme} {code}");
        }
    }
}
