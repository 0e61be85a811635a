//! Which signals of a record are ECG leads, and how many microvolts their digital units are.
//!
//! In goes a record, out come its leads. A signal is an ECG lead unless its name or its unit says otherwise: ECG
//! leads have many names (`MLII`, `V`, `CM5`, `D3`, `ECG1`), the other signals of bedside recordings few.

use super::{
    error::RecordError,
    record::{Record, Signal},
};
use crate::ecg::{Chunk, Lead};

/// Words in the names of signals that are no ECG.
const OTHER_SIGNALS: [&str; 34] = [
    "ABD",
    "ABDO",
    "ABDOMEN",
    "ABP",
    "AIRFLOW",
    "ART",
    "BP",
    "CHEST",
    "CO2",
    "CVP",
    "EEG",
    "EMG",
    "EOG",
    "ETCO2",
    "FAP",
    "GSR",
    "ICP",
    "LAP",
    "NIBP",
    "PAP",
    "PAW",
    "PCWP",
    "PLETH",
    "PPG",
    "PRESSURE",
    "RAP",
    "RESP",
    "RESPIRATION",
    "SAO2",
    "SO2",
    "SPO2",
    "TEMP",
    "UAP",
    "UVP",
];

impl Signal {
    /// Is it an ECG lead, going by its name and its unit?
    pub fn is_ecg(&self) -> bool {
        let words = self.description.split(|c: char| !c.is_ascii_alphanumeric());
        let mut names = words.filter(|word| !word.is_empty());
        self.microvolts_per_unit().is_some()
            && !names.any(|word| OTHER_SIGNALS.iter().any(|other| other.eq_ignore_ascii_case(word)))
    }

    /// Microvolts in one physical unit; `None` for a unit that is no voltage.
    ///
    /// `NU` (no unit) is taken for mV.
    fn microvolts_per_unit(&self) -> Option<f64> {
        match self.units.to_lowercase().as_str() {
            "mv" | "nu" => Some(1e3),
            // The micro sign and the Greek letter.
            "uv" | "\u{b5}v" | "\u{3bc}v" => Some(1.0),
            "v" => Some(1e6),
            _ => None,
        }
    }

    /// Microvolts in one digital unit; `None` for a signal that is no voltage.
    pub fn microvolts_per_digital_unit(&self) -> Option<f64> {
        self.microvolts_per_unit().map(|microvolts| microvolts / self.gain_per_unit)
    }
}

impl Record {
    /// The ECG leads in the order of the header.
    ///
    /// Where a name occurs again, the later ones are numbered: `ECG`, `ECG 2`.
    pub fn ecg_leads(&self) -> Vec<(Lead, &Signal)> {
        let mut leads: Vec<(Lead, &Signal)> = Vec::new();
        for signal in self.signals.iter().filter(|signal| signal.is_ecg()) {
            // Room for a number behind the name.
            let plain = Lead::from_name(first_bytes(&signal.description, Chunk::MAX_LEAD_NAME_BYTES - 4));
            let numbered = (2..).map(|number| Lead::from_name(&format!("{plain} {number}")));
            let lead = std::iter::once(plain.clone())
                .chain(numbered)
                .find(|lead| leads.iter().all(|(taken, _)| taken != lead))
                .expect("some number is not taken (this is a bug)");
            leads.push((lead, signal));
        }
        leads
    }

    /// The signal of one ECG lead, as [`Record::ecg_leads`] names it.
    pub fn lead(&self, lead: &Lead) -> Result<&Signal, RecordError> {
        let leads = self.ecg_leads_or_error()?;
        match leads.iter().find(|(present, _)| present == lead) {
            Some((_, signal)) => Ok(signal),
            None => Err(RecordError::NoSuchLead {
                path: self.path.clone(),
                lead: lead.to_string(),
                present: leads.iter().map(|(lead, _)| lead.name()).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Forgets all signals but these leads; an error if one of them is not there.
    pub fn keep_leads(&mut self, leads: &[Lead]) -> Result<(), RecordError> {
        let kept: Result<Vec<Signal>, RecordError> = leads.iter().map(|lead| self.lead(lead).cloned()).collect();
        self.signals = kept?;
        Ok(())
    }

    /// The ECG leads; an error that lists the signals if there is none.
    pub(super) fn ecg_leads_or_error(&self) -> Result<Vec<(Lead, &Signal)>, RecordError> {
        let leads = self.ecg_leads();
        if leads.is_empty() {
            let signals = self.signals.iter().map(|signal| format!("{} ({})", signal.description, signal.units));
            let mut signals = signals.collect::<Vec<_>>().join(", ");
            if signals.is_empty() {
                signals.push_str("an empty list of signals");
            }
            return Err(RecordError::NoEcg { path: self.path.clone(), signals });
        }
        Ok(leads)
    }
}

/// The first at most `bytes` bytes of a text, in whole characters, without blanks at the ends.
fn first_bytes(text: &str, bytes: usize) -> &str {
    text[..text.floor_char_boundary(bytes)].trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::recordings::chunks::tests::{record, signal};

    #[test]
    fn ecg_is_told_from_other_signals() {
        let is_ecg = |description: &str, units: &str| {
            let mut signal = signal(1, &[0]);
            (signal.description, signal.units) = (description.to_owned(), units.to_owned());
            signal.is_ecg()
        };
        for (name, units) in [("II", "mV"), ("MCL", "NU"), ("V", "uV"), ("ECG1", "V"), ("aVR", "µV"), ("D3", "mV")] {
            assert!(is_ecg(name, units), "{name} in {units}");
        }
        for (name, units) in [
            ("PLETH", "NU"),
            ("Resp", "mV"),
            ("ABP", "mmHg"),
            ("II", "mmHg"),
            ("EEG Fpz-Cz", "uV"),
            ("RESP (abdo)", "NU"),
            ("RESP", "ohm"),
        ] {
            assert!(!is_ecg(name, units), "{name} in {units}");
        }
    }

    #[test]
    fn names_that_occur_again_are_numbered() {
        let names = ["ECG", "ecg 2", "V5", "ECG", "v5", "signal", "ECG"];
        let mut record = record(names.map(|_| signal(1, &[0])).to_vec());
        for (signal, name) in record.signals.iter_mut().zip(names) {
            name.clone_into(&mut signal.description);
        }
        let leads: Vec<String> = record.ecg_leads().iter().map(|(lead, _)| lead.to_string()).collect();
        assert_eq!(leads, ["ECG", "ecg 2", "V5", "ECG 2", "V5 2", "signal", "ECG 3"]);
        assert!(std::ptr::eq(record.lead(&Lead::from_name("ECG 2")).unwrap(), &raw const record.signals[3]));
        let error = record.lead(&Lead::AVR).unwrap_err().to_string();
        assert_eq!(error, "record folder/made has no lead aVR, only ECG, ecg 2, V5, ECG 2, V5 2, signal, ECG 3");
    }

    #[test]
    fn a_record_without_ecg_says_what_it_has() {
        let mut record = record(vec![signal(1, &[0]), signal(1, &[0])]);
        (record.signals[0].description, record.signals[0].units) = ("ABP".to_owned(), "mmHg".to_owned());
        "PLETH".clone_into(&mut record.signals[1].description);
        let error = record.lead(&Lead::I).unwrap_err().to_string();
        assert_eq!(error, "record folder/made has no ECG signal, only ABP (mmHg), PLETH (mV)");
    }

    #[test]
    fn microvolts_follow_from_unit_and_gain() {
        let mut signal = signal(1, &[0]);
        signal.gain_per_unit = 200.0;
        for (units, microvolts) in [("mV", 5.0), ("uV", 0.005), ("V", 5000.0)] {
            units.clone_into(&mut signal.units);
            assert!((signal.microvolts_per_digital_unit().unwrap() - microvolts).abs() < 1e-12);
        }
    }
}
