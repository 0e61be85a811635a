//! The words for rhythms, kinds of beats and ways of conduction, and for rates and axes that have a name of their own.

use super::Meaning::{self, Bare, Is, Isnt, Nothing};
use super::lexicon::Entry;
use super::statement::{Class, Quantity, Rhythm};
use super::{BareWord, Concept};

const fn is(rhythm: Rhythm) -> Meaning {
    Is(Concept::Rhythm(rhythm))
}

const fn class(quantity: Quantity, class: Class) -> Meaning {
    Is(Concept::Class(quantity, class))
}

/// The lexicon.
pub const RHYTHMS: &[Entry<Meaning>] = &[
    // Sinus node
    ("normal sinus rhythm", is(Rhythm::NormalSinus)),
    ("nsr", is(Rhythm::NormalSinus)),
    ("sinus rhythm", is(Rhythm::Sinus)),
    ("rhythm _ sinus", is(Rhythm::Sinus)),
    ("sinus bradycardia", is(Rhythm::SinusBradycardia)),
    ("sinus tachycardia", is(Rhythm::SinusTachycardia)),
    ("sinus arrhythmia", is(Rhythm::SinusArrhythmia)),
    // Regularity
    ("regular", is(Rhythm::Regular)),
    ("regularly irregular", is(Rhythm::Irregular)),
    ("irregular|irregularly irregular?", is(Rhythm::Irregular)),
    ("rr|r r? interval|intervals _ constant|equal|uniform|regular", is(Rhythm::Regular)),
    ("rr|r r? interval|intervals does|do not vary|change", Isnt(Concept::Rhythm(Rhythm::Regular))),
    ("rr|r r? interval|intervals _ variable|vary|varies|varying|irregular|unequal", is(Rhythm::Irregular)),
    // P waves
    (
        "p wave|waves _ visible|seen|present|identifiable|discernible|identified|detectable|evident|absent",
        is(Rhythm::PPresent),
    ),
    ("p wave|waves cannot be identified|seen|discerned|distinguished|detected", is(Rhythm::PPresent)),
    (
        "no|without|absent visible|discernible|identifiable|clear|definite|distinct|discrete|organized|obvious? p wave|waves",
        is(Rhythm::PPresent),
    ),
    ("absence of visible|discernible|identifiable|clear|definite|distinct? p wave|waves", is(Rhythm::PPresent)),
    ("atrial activity", is(Rhythm::PPresent)),
    ("no|without p wave abnormality|abnormalities|inversion|inversions", Nothing),
    ("p wave|waves ... precede|precedes|preceding > ... qrs", is(Rhythm::PBeforeQrs)),
    ("precede|precedes|preceding > each|every|all qrs", Bare(BareWord::Precede)),
    ("each|every? qrs complex|complexes? _ preceded by > ... p wave|waves?", is(Rhythm::PBeforeQrs)),
    ("each|every? p wave|waves _ present|visible|seen? before > ... qrs", is(Rhythm::PBeforeQrs)),
    ("each|every qrs complex|complexes? follows > ... p wave|waves?", is(Rhythm::PBeforeQrs)),
    ("each|every? p wave|waves _ followed by > ... qrs", is(Rhythm::PBeforeQrs)),
    // Other supraventricular rhythms
    ("atrial fibrillation", is(Rhythm::AtrialFibrillation)),
    ("afib|af", is(Rhythm::AtrialFibrillation)),
    ("atrial? flutter", is(Rhythm::AtrialFlutter)),
    ("flutter wave|waves", Nothing),
    ("supraventricular|atrial|nodal|reentrant|reciprocating tachycardia", is(Rhythm::Supraventricular)),
    ("av nodal reentrant|reentry tachycardia", is(Rhythm::Supraventricular)),
    ("svt|psvt|avnrt", is(Rhythm::Supraventricular)),
    ("accelerated? junctional escape? rhythm|bradycardia|tachycardia|escape?", is(Rhythm::Junctional)),
    // Ventricles
    ("accelerated? idioventricular rhythm", is(Rhythm::Idioventricular)),
    ("ventricular escape rhythm", is(Rhythm::Idioventricular)),
    ("ventricular tachycardia", is(Rhythm::VentricularTachycardia)),
    ("vt|nsvt", is(Rhythm::VentricularTachycardia)),
    ("torsades de? pointes?", is(Rhythm::VentricularTachycardia)),
    ("ventricular fibrillation|flutter", is(Rhythm::VentricularFibrillation)),
    ("ventricular > fibrillation or tachycardia", is(Rhythm::VentricularFibrillation)),
    ("vf|vfib", is(Rhythm::VentricularFibrillation)),
    ("ventricular tachycardia > or fibrillation", is(Rhythm::VentricularTachycardia)),
    ("asystole", is(Rhythm::Asystole)),
    ("ventricular standstill", is(Rhythm::Asystole)),
    // Beats
    (
        "premature ventricular contraction|contractions|complex|complexes|beat|beats|depolarization|depolarizations|extrasystole|extrasystoles?",
        is(Rhythm::Pvc),
    ),
    (
        "ventricular premature contraction|contractions|complex|complexes|beat|beats|depolarization|depolarizations?",
        is(Rhythm::Pvc),
    ),
    ("pvc|pvcs|vpc|vpcs|vpb|vpbs", is(Rhythm::Pvc)),
    (
        "ventricular extrasystole|extrasystoles|ectopy|ectopic|ectopics|couplet|couplets beat|beats|complex|complexes?",
        is(Rhythm::Pvc),
    ),
    ("premature atrial|supraventricular contraction|contractions|complex|complexes|beat|beats?", is(Rhythm::Pac)),
    ("atrial|supraventricular premature contraction|contractions|complex|complexes|beat|beats?", is(Rhythm::Pac)),
    ("pac|pacs|apc|apcs", is(Rhythm::Pac)),
    ("ectopy|extrasystoles", is(Rhythm::Ectopy)),
    ("premature beat|beats|complex|complexes", is(Rhythm::Ectopy)),
    ("ventricular? bigeminy|bigeminal pattern?", is(Rhythm::Bigeminy)),
    ("ventricular? trigeminy|trigeminal pattern?", is(Rhythm::Trigeminy)),
    ("ventricular|atrial|electronic? ventricular|atrial? paced rhythm|beats|complexes?", is(Rhythm::Paced)),
    ("ventricular|atrial? pacing|pacer|pacemaker spike|spikes|artifact|artifacts|stimulus|stimuli", is(Rhythm::Paced)),
    ("ventricular|atrial pacing", is(Rhythm::Paced)),
    ("electronic ventricular|atrial? pacemaker", is(Rhythm::Paced)),
    // Atrioventricular conduction
    ("first|1 degree ... block", is(Rhythm::AvBlock1)),
    ("st degree ... block", is(Rhythm::AvBlock1)),
    ("second|nd degree ... block", is(Rhythm::AvBlock2)),
    ("third|rd degree ... block", is(Rhythm::AvBlock3)),
    ("complete heart|av|atrioventricular block", is(Rhythm::AvBlock3)),
    ("av|atrioventricular dissociation", is(Rhythm::AvBlock3)),
    ("high grade|degree heart|av|atrioventricular block", is(Rhythm::AvBlock2)),
    ("mobitz type? i|ii?", is(Rhythm::AvBlock2)),
    ("wenckebach", is(Rhythm::AvBlock2)),
    ("heart|av|atrioventricular block", is(Rhythm::AvBlock)),
    ("progressive pr interval? prolongation", Nothing),
    // Intraventricular conduction
    ("complete? left bundle branch block pattern|morphology?", is(Rhythm::Lbbb)),
    ("complete? right bundle branch block pattern|morphology?", is(Rhythm::Rbbb)),
    ("left > nor|or|and right bundle branch block", is(Rhythm::Lbbb)),
    ("right > nor|or|and left bundle branch block", is(Rhythm::Rbbb)),
    ("incomplete left bundle branch block", is(Rhythm::IncompleteLbbb)),
    ("incomplete right bundle branch block", is(Rhythm::IncompleteRbbb)),
    ("lbbb", is(Rhythm::Lbbb)),
    ("rbbb", is(Rhythm::Rbbb)),
    ("incomplete lbbb", is(Rhythm::IncompleteLbbb)),
    ("incomplete rbbb|irbbb", is(Rhythm::IncompleteRbbb)),
    ("bundle branch block|blocks", is(Rhythm::Bbb)),
    ("left anterior fascicular block", is(Rhythm::LeftAnteriorFascicular)),
    ("left anterior hemiblock", is(Rhythm::LeftAnteriorFascicular)),
    ("lafb|lahb", is(Rhythm::LeftAnteriorFascicular)),
    ("left posterior fascicular block", is(Rhythm::LeftPosteriorFascicular)),
    ("left posterior hemiblock", is(Rhythm::LeftPosteriorFascicular)),
    ("bifascicular|trifascicular block", Nothing),
    ("nonspecific? intraventricular conduction delay|defect|disturbance|block", is(Rhythm::Ivcd)),
    ("ivcd", is(Rhythm::Ivcd)),
    // Rates and axes by name
    ("bradycardia|bradycardic", class(Quantity::HeartRate, Class::Low)),
    ("tachycardia|tachycardic", class(Quantity::HeartRate, Class::High)),
    ("rapid|fast ventricular response", class(Quantity::HeartRate, Class::High)),
    ("rvr", class(Quantity::HeartRate, Class::High)),
    ("slow ventricular response", class(Quantity::HeartRate, Class::Low)),
    ("controlled|normal ventricular response", class(Quantity::HeartRate, Class::Normal)),
    ("tachycardia bradycardia syndrome", Nothing),
    ("tachycardia|bradycardia induced|mediated|dependent|related", Nothing),
    ("narrow qrs? complex tachycardia?", class(Quantity::Qrs, Class::Low)),
    ("wide|broad qrs? complex tachycardia?", class(Quantity::Qrs, Class::High)),
    ("left axis deviation", class(Quantity::Axis, Class::Left)),
    ("right axis deviation", class(Quantity::Axis, Class::Right)),
    ("extreme axis deviation?", class(Quantity::Axis, Class::Extreme)),
    ("northwest axis", class(Quantity::Axis, Class::Extreme)),
    ("axis _ extreme", class(Quantity::Axis, Class::Extreme)),
    ("lad", class(Quantity::Axis, Class::Left)),
    ("rad", class(Quantity::Axis, Class::Right)),
    ("lad territory|artery|occlusion|lesion", Nothing),
    ("axis deviation", Isnt(Concept::Class(Quantity::Axis, Class::Normal))),
    ("qt interval? prolongation", class(Quantity::Qt, Class::High)),
    ("qtc interval? prolongation", class(Quantity::Qtc, Class::High)),
    ("pr interval? prolongation", class(Quantity::Pr, Class::High)),
    ("qrs complex? widening|prolongation", class(Quantity::Qrs, Class::High)),
];
