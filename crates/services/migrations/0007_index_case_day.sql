CREATE INDEX services_case_by_day ON services_case (submitted_at, id);
