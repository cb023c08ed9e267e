// Filling question pages as a person would: by the names of the fields, never by knowing how the page is built.

/** Fields of the main form that can be filled, with their present values. */
async function fields(page) {
  const found = await page.locator('main form:not([action*="dang-xuat"]) :is(input, select, textarea)').all();
  const list = [];
  for (const element of found) {
    const name = await element.getAttribute('name');
    const tag = await element.evaluate((e) => e.tagName.toLowerCase()).catch(() => null);
    const type = (await element.getAttribute('type')) ?? 'text';
    if (!name || ['hidden', 'submit', 'button', 'image'].includes(type)) continue;
    list.push({ element, name, tag, type, value: await element.getAttribute('value') });
  }
  return list;
}

/**
 * Answers the fields of the open page out of `answers` (name → value; true/false for boxes, an array for sets).
 * Returns the names it met. A field that is not in `answers` keeps what it has.
 */
export async function fill(page, answers) {
  const met = new Set();
  for (const field of await fields(page)) {
    met.add(field.name);
    if (!(field.name in answers)) continue;
    const value = answers[field.name];
    if (field.type === 'radio') {
      if (field.value === String(value)) await field.element.check();
    } else if (field.type === 'checkbox') {
      const wanted = Array.isArray(value) ? value.includes(field.value) : Boolean(value);
      await field.element.setChecked(wanted);
    } else if (field.type === 'file') {
      await field.element.setInputFiles(value);
    } else if (field.tag === 'select') {
      await field.element.selectOption(String(value));
    } else {
      await field.element.fill(String(value));
    }
  }
  return met;
}

/** Presses the button or follows the link with these words and waits for the next page. */
export async function press(page, words) {
  const scope = page.locator('main');
  const control = scope.getByRole('button', { name: words }).or(scope.getByRole('link', { name: words })).first();
  if (!(await control.count())) {
    const offered = await scope.locator('button, a[href]').allTextContents();
    throw new Error(`${new URL(page.url()).pathname}: nothing is called ${words}; offered: ${offered.map((t) => t.replace(/\s+/g, ' ').trim()).filter(Boolean).slice(0, 40).join(' · ')}`);
  }
  const answer = page.waitForNavigation({ waitUntil: 'load', timeout: 15_000 }).catch(() => null);
  await control.click();
  const response = await answer;
  if (response && response.status() >= 400 && response.status() !== 422) {
    throw new Error(`${words}: ${response.status()} at ${new URL(page.url()).pathname}`);
  }
}

/** The messages of the error summary, empty when there is none. */
export async function errors(page) {
  return (await page.locator('.govuk-error-summary__list li').allTextContents()).map((text) => text.trim());
}
