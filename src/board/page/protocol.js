/**
 * What for: the types of everything that comes from the server or goes to it. In and out: nothing, types only.
 * All times are data time as RFC 3339 text. Unknown values are null. Texts come from outside and are never markup.
 */

/** @typedef {'high'|'medium'|'low'|'technical'} Priority */

/** @typedef {'raised'|'interpreted'|'escalated'|'acknowledged'|'latched'|'cleared'|'continue'} AlertState */

/**
 * @typedef {object} LeadStatus
 * @property {string} lead
 * @property {string} quality  good, or what disturbs the lead
 * @property {number|null} st_mv
 */

/**
 * @typedef {object} Vitals
 * @property {string} stream_id
 * @property {string} time
 * @property {number|null} heart_rate_bpm
 * @property {number|null} ventricular_beats_a_minute
 * @property {number|null} qtc_ms
 * @property {LeadStatus[]} leads
 */

/**
 * @typedef {object} Bed
 * @property {string} stream_id
 * @property {string[]} leads
 * @property {number} rate_hz
 * @property {Vitals|null} vitals
 */

/**
 * @typedef {object} Evidence  seconds count from window_start
 * @property {string} what
 * @property {number} value
 * @property {string} unit
 * @property {string[]} leads
 * @property {number} from_s
 * @property {number} to_s
 */

/**
 * @typedef {object} Claim  from and to are byte offsets into the UTF-8 text of the reading
 * @property {string} text
 * @property {number} from
 * @property {number} to
 * @property {string} kind
 * @property {string} about
 * @property {boolean} denied
 * @property {boolean} hedged
 * @property {string[]} leads
 * @property {number|null} [value]
 * @property {number|null} [value_to]
 * @property {string|null} [unit]
 * @property {string} verdict
 * @property {number|null} [measured]
 * @property {string[]} [criteria]
 * @property {number} from_s
 * @property {number} to_s
 */

/**
 * @typedef {object} Reading
 * @property {string} model
 * @property {boolean} trained
 * @property {string} text
 * @property {string|null} [remark]
 * @property {string[]} absent_leads
 * @property {string[]} derived_leads
 * @property {Claim[]} claims
 * @property {boolean} contradicted
 * @property {number|null} [grounding_score]
 * @property {number|null} [unsupported_claim_rate]
 */

/**
 * @typedef {object} Alert
 * @property {string} id
 * @property {string} stream_id
 * @property {string} code
 * @property {number|null} [mdc_code]
 * @property {string} name
 * @property {Priority} priority
 * @property {AlertState} state
 * @property {boolean} announced
 * @property {string|null} [suppressed_by]
 * @property {string|null} [acknowledged_by]
 * @property {string|null} [acknowledged_at]
 * @property {string|null} [audio_off_until]
 * @property {string} message
 * @property {string} onset
 * @property {string} raised_at
 * @property {string|null} [cleared_at]
 * @property {string} window_start
 * @property {Evidence[]} evidence
 * @property {Reading|null} [reading]
 * @property {string|null} [trace_id]
 */

/**
 * @typedef {object} WindowLead
 * @property {string} lead
 * @property {boolean} derived
 * @property {(number|null)[]} uv
 */

/** @typedef {{start: string, rate_hz: number, leads: WindowLead[]}} SignalWindow */

/** @typedef {{state: string, code: string, at: string}} StateChange */

/** What raises such an alarm, by when at the latest, and whose definition it is. @typedef {{definition: string, latest: string, source: string}} AlarmRule */

/** @typedef {{alert: Alert, changes: StateChange[], rule: AlarmRule, window: SignalWindow|null}} AlertPage */

/** @typedef {{version: string, mode: 'live'|'replay', caller: string|null}} SessionInfo */

/**
 * @typedef {object} Trends
 * @property {string} stream_id
 * @property {number} step_s
 * @property {string} from
 * @property {(number|null)[]} heart_rate_bpm
 * @property {(number|null)[]} ventricular_beats_a_minute
 * @property {(number|null)[]} qtc_ms
 * @property {Record<string, (number|null)[]>} st_mv
 * @property {(number|null)[]} quality
 */

/** @typedef {{s: number, class: string}} Beat */

/** @typedef {{s: number, symbol: string, aux?: string|null}} ReferenceAnnotation */

/**
 * @typedef {object} ReplayRecord
 * @property {string} record
 * @property {string} start
 * @property {number} duration_s
 * @property {number} rate_hz
 * @property {string[]} leads
 * @property {Alert[]} alerts
 * @property {Beat[]} beats
 * @property {ReferenceAnnotation[]} reference
 */

/** @typedef {{stream_id: string, lead: string}} WatchedTrace */

/** @typedef {{columns_a_second: number, traces: WatchedTrace[], history_s: number}} Watch */

/**
 * @typedef {{type: 'ward', beds: Bed[], alerts: Alert[]}
 *   | {type: 'bed', bed: Bed}
 *   | {type: 'closed', stream_id: string}
 *   | {type: 'vitals', vitals: Vitals}
 *   | {type: 'alert', alert: Alert}
 *   | {type: 'watched', stream_id: string, silent_for_s: number}
 *   | {type: 'pulse'}
 *   | {type: 'refused', detail: string}} ServerMessage
 */

export {};
