//! An alert as another instance left it, back as the alarm it tells of.
//!
//! In: a message of `ecg.alert-state`. Out: the stream and the [`AlarmEvent`], or nothing if the message is none of ours.

use super::Alert;
use super::alert::alert_id;
use super::rfc3339::read_rfc3339;
use crate::alarm::{Acknowledgement, AlarmCode, AlarmEvent, Change, Evidence};
use crate::ecg::{Duration, Lead, StreamId, Time};

impl Alert {
    /// The alarm that this alert tells of. `None` if a time is none, or the id is not that of any alarm at this onset.
    pub fn left_open(&self) -> Option<(StreamId, AlarmEvent)> {
        let stream_id = StreamId::new(&self.stream_id).ok()?;
        let onset = read_rfc3339(&self.onset)?;
        let first_code = AlarmCode::ALL.iter().copied().find(|code| alert_id(&stream_id, *code, onset) == self.id)?;
        let raised_at = read_rfc3339(&self.raised_at)?;
        let cleared_at = optional(self.cleared_at.as_deref())?;
        let event = AlarmEvent {
            code: self.code,
            first_code,
            change: Change::Continued,
            at: cleared_at.unwrap_or(raised_at),
            onset,
            raised_at,
            cleared_at,
            suppressed_by: self.suppressed_by,
            acknowledged: self.acknowledgement()?,
            message: self.message.clone(),
            evidence: self.evidence(read_rfc3339(&self.window_start)?),
        };
        Some((stream_id, event))
    }

    /// `None` only if what stands there is no note.
    #[expect(clippy::option_option, reason = "no note and a wrong one are not the same")]
    fn acknowledgement(&self) -> Option<Option<Acknowledgement>> {
        let Some(by) = &self.acknowledged_by else { return Some(None) };
        let at = read_rfc3339(self.acknowledged_at.as_deref()?)?;
        let audio_off_until = read_rfc3339(self.audio_off_until.as_deref()?)?;
        Some(Some(Acknowledgement { by: by.clone(), at, audio_off_until }))
    }

    fn evidence(&self, window_start: Time) -> Vec<Evidence> {
        let evidence = |evidence: &super::Evidence| Evidence {
            what: evidence.what.clone().into(),
            value: evidence.value,
            unit: evidence.unit.clone().into(),
            leads: evidence.leads.iter().map(|name| Lead::from_name(name)).collect(),
            from: window_start + Duration::from_secs_f64(evidence.from_s),
            to: window_start + Duration::from_secs_f64(evidence.to_s),
        };
        self.evidence.iter().map(evidence).collect()
    }
}

/// `None` only for a time that cannot be read.
#[expect(clippy::option_option, reason = "no time and a wrong time are not the same")]
fn optional(time: Option<&str>) -> Option<Option<Time>> {
    match time {
        None => Some(None),
        Some(text) => read_rfc3339(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AlarmEvent {
        let second = |second: i64| Time::from_nanos(second * 1_000_000_000);
        AlarmEvent {
            code: AlarmCode::ExtremeBradycardia,
            first_code: AlarmCode::LowHeartRate,
            change: Change::Continued,
            at: second(40),
            onset: second(20),
            raised_at: second(25),
            cleared_at: Some(second(40)),
            suppressed_by: None,
            acknowledged: None,
            message: "heart rate 32 < 40 bpm".to_owned(),
            evidence: vec![Evidence {
                what: "heart rate".into(),
                value: 32.0,
                unit: "bpm".into(),
                leads: vec![Lead::II],
                from: second(18),
                to: second(25),
            }],
        }
    }

    #[test]
    fn what_was_written_is_the_alarm_again() {
        let stream_id = StreamId::new("bed-1").unwrap();
        assert_eq!(Alert::new(&stream_id, &event()).left_open(), Some((stream_id.clone(), event())));
        let at = event().at;
        let note =
            Acknowledgement { by: "A. Nurse".to_owned(), at, audio_off_until: at + Duration::from_secs_f64(120.0) };
        let open = AlarmEvent { cleared_at: None, at: event().raised_at, acknowledged: Some(note), ..event() };
        assert_eq!(Alert::new(&stream_id, &open).left_open(), Some((stream_id, open)));
    }

    #[test]
    fn what_nobody_here_has_written_is_none() {
        let alert = Alert::new(&StreamId::new("bed-1").unwrap(), &event());
        let other = |change: fn(&mut Alert)| {
            let mut alert = alert.clone();
            change(&mut alert);
            alert.left_open()
        };
        assert_eq!(other(|alert| alert.id = uuid::Uuid::nil()), None);
        assert_eq!(other(|alert| alert.onset = "yesterday".to_owned()), None);
        assert_eq!(other(|alert| alert.cleared_at = Some("soon".to_owned())), None);
        assert_eq!(other(|alert| alert.acknowledged_by = Some("somebody".to_owned())), None);
    }
}
