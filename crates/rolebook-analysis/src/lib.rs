//! Exact answers over all facts.
mod circuit;
mod decide;
mod domain;
mod expr;
mod facts;
mod request;
mod schema;
