//! How a strip is to be drawn: the layout, the caption and the marks.

use crate::ecg::Lead;

/// The arrangement of the leads on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Twelve rows of ten seconds, as in the images GEM was trained on (the `num_columns 1` page of ECG-Image-Kit).
    /// Caption and marks are not drawn: the model must not see them.
    GemPage,
    /// Three rows of four leads, 2.5 s each, above a rhythm strip of ten seconds. A strip with fewer than three standard
    /// leads gets one row of ten seconds for each lead instead, standard or not.
    ClinicianPage,
}

impl Layout {
    /// The name as it stands in the PNG file.
    pub fn name(self) -> &'static str {
        match self {
            Layout::GemPage => "gem-12x1",
            Layout::ClinicianPage => "clinician-3x4",
        }
    }
}

/// Everything about a page that is not in the strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The arrangement of the leads.
    pub layout: Layout,
    /// Lines above the traces: the first is the title (whose ECG), the others are set in three columns of five lines
    /// (measured values). What does not fit is cut off, and the cut shows as "…".
    pub caption: Vec<String>,
    /// Stretches of a lead to point at.
    pub marks: Vec<Mark>,
}

impl Page {
    /// A page without caption and marks.
    pub fn new(layout: Layout) -> Page {
        Page { layout, caption: Vec::new(), marks: Vec::new() }
    }
}

/// A stretch of one lead to point at. It is drawn wherever the page shows that stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Which lead.
    pub lead: Lead,
    /// Its begin, in seconds from the first sample of the strip.
    pub from_s: f64,
    /// Its end, in seconds from the first sample of the strip. A mark that ends before it begins is not drawn.
    pub to_s: f64,
    /// A few words beside it.
    pub label: Option<String>,
    /// What it says. Each kind has a colour and a shape of its own.
    pub kind: MarkKind,
}

/// What a mark says about its stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// The waveform bears the claim out.
    Supported,
    /// The waveform contradicts the claim.
    Contradicted,
    /// The claim cannot be measured here.
    NotMeasurable,
    /// Where an alarm or a measurement comes from.
    Evidence,
}

impl MarkKind {
    /// Every kind, in the order of the legend.
    pub const ALL: [MarkKind; 4] =
        [MarkKind::Supported, MarkKind::Contradicted, MarkKind::NotMeasurable, MarkKind::Evidence];

    /// The word for it in the legend.
    pub fn name(self) -> &'static str {
        match self {
            MarkKind::Supported => "supported",
            MarkKind::Contradicted => "contradicted",
            MarkKind::NotMeasurable => "not measurable",
            MarkKind::Evidence => "evidence",
        }
    }
}
