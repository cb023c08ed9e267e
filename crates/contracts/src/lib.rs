//! The types, traits and events by which rooms meet; no logic, no input or output.
