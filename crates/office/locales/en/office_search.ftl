# Search over documents.
doc-search-count = { $count ->
    [one] { $count } document
   *[other] { $count } documents
}
doc-search-empty = No document was found
doc-search-empty-next = Try fewer words, leave out accents, or remove filters. Only documents you may read are shown.
doc-search-error-from = First day: enter a real date, such as 5 1 2026
doc-search-error-order = The last day cannot be before the first
doc-search-error-until = Last day: enter a real date, such as 5 1 2026
doc-search-error-words = Enter words, or choose a filter
doc-search-from = From
doc-search-kind = Kind
doc-search-narrow = Narrow the search
doc-search-next = Next page
doc-search-order = Order
doc-search-order-best = Best first
doc-search-order-newest = Newest first
doc-search-organ = Issued by
doc-search-part = Part
doc-search-part-documents = Outgoing
doc-search-part-incoming = Incoming
doc-search-part-scans = Scanned
doc-search-place = Page { $page } of { $pages }
doc-search-previous = Previous page
doc-search-title = Search documents
doc-search-until = Until
doc-search-untitled = Without a summary yet
doc-search-words = Words, a phrase or a number
doc-search-words-hint = With or without accents. A phrase in quotation marks; a number such as 123 or 123/UBND-VP.
