import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPure, refusal } from './refusal.ts';

/** Root of the repository that this plugin is part of. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface SyntaxNode {
  readonly type: string;
}

interface Literal extends SyntaxNode {
  readonly value?: unknown;
}

interface Importing extends SyntaxNode {
  readonly source?: Literal | null;
}

interface Named extends SyntaxNode {
  readonly name?: string;
}

interface Member extends SyntaxNode {
  readonly object: Named;
  readonly property: Named;
}

interface New extends SyntaxNode {
  readonly callee: Named;
  readonly arguments: readonly unknown[];
}

interface RuleContext {
  readonly filename: string;
  report(finding: { readonly node: SyntaxNode; readonly message: string }): void;
}

/** Refuses imports that the table of fences does not list, including type imports. */
const imports = {
  create(context: RuleContext) {
    const file = fileOf(context);
    const check = (node: Importing): void => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const message = refusal(file, specifier);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

/** Members that read the process, the clock or a source of random numbers. */
const IMPURE = new Set(['Date.now', 'performance.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues']);

/** Refuses the process, the clock and random numbers in files whose fence is pure. */
const pure = {
  create(context: RuleContext) {
    if (!isPure(fileOf(context))) return {};
    const refuse = (node: SyntaxNode, name: string): void =>
      context.report({ node, message: `${name} is not available in a pure file: take the value as an argument` });
    return {
      MemberExpression(node: Member) {
        if (node.object.name === 'process') return refuse(node, 'process');
        const name = `${node.object.name}.${node.property.name}`;
        if (IMPURE.has(name)) refuse(node, name);
      },
      NewExpression(node: New) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) refuse(node, 'the clock');
      },
    };
  },
};

function fileOf({ filename }: RuleContext): string {
  return relative(ROOT, filename).split(sep).join('/');
}

const plugin = { meta: { name: 'fences' }, rules: { imports, pure } };

// oxlint takes a plugin's default export.
export default plugin;
