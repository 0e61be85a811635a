//! What travels on the topics.
