// What several pages and tabs of one browser know of each other. Where nothing can be kept, each is on its own.

export function kept(key, store = localStorage) {
  try {
    return JSON.parse(store.getItem(`anhu.${key}`));
  } catch {
    return null;
  }
}

export function keep(key, value, store = localStorage) {
  try {
    if (value === null) store.removeItem(`anhu.${key}`);
    else store.setItem(`anhu.${key}`, JSON.stringify(value));
  } catch {
    // a full or forbidden store: the page works without
  }
}
