// Texts come with the page, in its language, with names in braces where a script fills something in.

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// "2 minutes" in the language of the page.
export function spoken(seconds) {
  const [value, unit] = seconds >= 120 ? [Math.floor(seconds / 60), "minute"] : [Math.max(0, seconds), "second"];
  const style = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang || [], style).format(value);
}
