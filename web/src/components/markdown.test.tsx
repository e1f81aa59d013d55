import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Markdown } from './markdown.tsx';

test('Markdown becomes elements; HTML, pictures and script addresses do not', async () => {
  render(
    <Markdown
      text={
        'See **this** <script>alert(1)</script> ![x](https://tracker.example.com/p.png) [bad](javascript:alert(1)) [good](https://example.com)'
      }
    />,
  );
  expect(await screen.findByText('this')).toBeInstanceOf(HTMLElement);
  expect(document.querySelector('script, img')).toBeNull();
  expect(screen.getByText('bad').getAttribute('href') ?? '').not.toContain('javascript');
  expect(screen.getByRole('link', { name: 'good' })).toHaveAttribute('rel', 'noopener noreferrer');
});
