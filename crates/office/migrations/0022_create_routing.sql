-- Who is to do what with a document that came: an instruction of a leader to a person or to the holders of a post.
CREATE TABLE office_routing (
    id TEXT PRIMARY KEY,
    arrival_id TEXT NOT NULL REFERENCES office_arrival (id),
    agency TEXT NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('lead', 'support', 'for_info')),
    person TEXT,
    role TEXT,
    receiver_name TEXT NOT NULL,
    words TEXT NOT NULL,
    due_on TEXT,
    given_by TEXT NOT NULL,
    given_name TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'begun', 'answered', 'handed_back', 'replaced', 'ended')),
    read_at BIGINT,
    read_by TEXT,
    read_name TEXT,
    answer TEXT,
    closed_at BIGINT
);
CREATE INDEX office_routing_of_arrival ON office_routing (arrival_id, id);
CREATE INDEX office_routing_of_person ON office_routing (person, state);
CREATE INDEX office_routing_of_role ON office_routing (agency, role, state);
