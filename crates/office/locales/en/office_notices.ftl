# Notices to officials.
notices-about = { $text }: { $about }
notices-arrival-for-info = An incoming document for your information, arrival number
notices-arrival-routed = An incoming document was given to you, arrival number
notices-arrival-submitted = An incoming document was submitted to you, arrival number
notices-copy-issued = A certified copy was issued
notices-copy-to-number = A certified copy waits for its number and seal
notices-copy-to-sign = A certified copy waits for your signature
notices-count = { $count ->
    [0] No new notices.
    [one] { $count } new notice.
   *[other] { $count } new notices.
}
notices-document-issued = A document was issued
notices-document-returned = A draft was returned
notices-document-review = A draft waits for your review
notices-document-to-number = A signed document waits for its number and seal
notices-document-to-sign = A document waits for your signature
notices-due = { $text }, due { $due }
notices-empty = There are no notices yet.
notices-meeting-invited = You are invited to a meeting
notices-new = New
notices-other = Something to look at
notices-seen = Mark as seen
notices-task-due-soon = A task is due soon
notices-task-due-today = A task is due today
notices-task-given = A task was given to you
notices-task-late = A task is late
notices-task-late-superior = A task of the unit is late
notices-task-not-accepted = A task was not accepted
notices-task-waits-for-you = A task waits for you
notices-title = Notices
