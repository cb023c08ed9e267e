//! The one text index of the house.
