// Searches the pages: words in any order, each the beginning of a word of the page. Headings count most. It works on
// files, without a network.
"use strict";
(function () {
	const root = document.body.dataset.root;
	const input = document.getElementById("q");
	const results = document.getElementById("results");
	const pages = document.getElementById("pages");

	const wide = matchMedia("(min-width: 60rem)");
	const unfold = () => { pages.open = wide.matches; };
	wide.addEventListener("change", unfold);
	unfold();

	const folded = searchIndex.map(e => ({ t: e.t.toLowerCase(), h: e.h.toLowerCase(), x: e.x.toLowerCase(), u: e.u }));

	// at is the place of a word's beginning in a text, or -1.
	function at(text, word) {
		for (let i = text.indexOf(word); i >= 0; i = text.indexOf(word, i + 1)) {
			if (i === 0 || !/[\p{L}\p{N}]/u.test(text[i - 1]) || /[.(_]/.test(word[0])) return i;
		}
		return -1;
	}

	function score(entry, words) {
		let sum = 0;
		for (const word of words) {
			const inHead = at(entry.h, word), inTitle = at(entry.t, word), inText = at(entry.x, word);
			if (inHead < 0 && inTitle < 0 && inText < 0) return 0;
			sum += (inHead >= 0 ? 20 : 0) + (entry.h.split(/[^\p{L}\p{N}]+/u).includes(word) ? 10 : 0) + (inTitle >= 0 ? 5 : 0) + (inText >= 0 ? 1 : 0);
		}
		return /^(api\/)?(compat|examples)\//.test(entry.u) ? sum / 2 : sum; // stand-ins and examples come after the package
	}

	// excerpt is a paragraph with the text around the first word, which is marked.
	function excerpt(n, words) {
		const text = searchIndex[n].x, first = Math.max(0, at(folded[n].x, words[0]));
		const from = Math.max(0, first - 60), p = document.createElement("p");
		p.append(from > 0 ? "… " : "", text.slice(from, first));
		const mark = document.createElement("mark");
		if (at(folded[n].x, words[0]) >= 0) {
			mark.append(text.slice(first, first + words[0].length));
			p.append(mark, text.slice(first + words[0].length, first + 140));
		} else {
			p.append(text.slice(first, first + 140));
		}
		return p;
	}

	function search() {
		const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		results.replaceChildren();
		results.hidden = words.length === 0;
		if (words.length === 0) return;
		const found = folded.map((e, n) => [score(e, words), n]).filter(f => f[0] > 0).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, 20);
		const list = document.createElement("ol");
		for (const [, n] of found) {
			const e = searchIndex[n], item = document.createElement("li"), a = document.createElement("a");
			a.href = root + e.u;
			a.append(e.h === e.t ? e.t : e.t + ": " + e.h);
			a.addEventListener("click", () => { results.hidden = true; });
			item.append(a, excerpt(n, words));
			list.append(item);
		}
		results.append(found.length ? list : "Nothing has all of these words.");
	}

	input.addEventListener("input", search);
	input.form.addEventListener("submit", event => {
		event.preventDefault();
		const first = results.querySelector("a");
		if (first) first.click();
	});
	document.addEventListener("keydown", event => {
		if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
		if (event.key === "Escape") { results.hidden = true; input.blur(); }
	});
	// A page can be opened with a question: page.html?q=linger.
	const asked = new URLSearchParams(location.search).get("q");
	if (asked) { input.value = asked; search(); }
})();
